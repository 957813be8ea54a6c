/** A name of the tables as people read it: `offers_hires` becomes `Offers hires`. */
export const inWords = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`.replaceAll("_", " ");
