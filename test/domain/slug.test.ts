import { slugOf } from "#domain/slug.ts";
import { expect, it } from "vitest";

const ID = "0190b8f0-0000-7000-8000-00001234abcd";

it.each([
  ["Acme Holding", "acme-holding-1234abcd"],
  ["  Müller & Söhne, GmbH ", "muller-sohne-gmbh-1234abcd"],
  ["日本", "x-1234abcd"],
])("%s", (name, slug) => {
  expect(slugOf(name, ID)).toBe(slug);
});
