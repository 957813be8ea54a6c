/**
 * Until when somebody who asks about their data must have been answered: within a month (GDPR, Art. 12 (3)).
 *
 * @returns the same day and time of the next month in UTC, or its last day where it has no such day
 */
export function answerDueAt(askedAt: Date): Date {
  const due = new Date(askedAt);
  due.setUTCMonth(due.getUTCMonth() + 1);
  if (due.getUTCDate() !== askedAt.getUTCDate()) due.setUTCDate(0); // ran over into the month after
  return due;
}
