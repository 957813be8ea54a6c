/**
 * A name as an address: small letters, digits and hyphens, and the end of an id, because names
 * are not unique.
 *
 * @param longest - how much of the name stays
 */
export function slugOf(name: string, id: string, longest = 60): string {
  const words = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, longest)
    .replaceAll(/^-+|-+$/g, "");
  return `${words || "x"}-${id.slice(-8)}`;
}
