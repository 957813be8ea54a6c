/** So many of the answers of an hour may be refusals; more are not chance. */
const REFUSED_PERCENT = 2;

/** Whether more than 2 % of the answers of an hour were refusals. */
export const areRefusedTooOften = (refused: number, answered: number): boolean => refused * 100 > answered * REFUSED_PERCENT;
