/** An element with its attributes and what stands in it. Everything that is said arrives as text: nothing is parsed. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | false | undefined>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (typeof value === "string") made.setAttribute(name, value);
  made.append(...children);
  return made;
}
