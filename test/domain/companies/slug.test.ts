import { expect, it } from "vitest";
import { companySlugOf, slugFault } from "#domain/companies/slug.ts";

it.each(["acme", "acme-labs", "3m-robots", "a1b", "x".repeat(40)])("lets a company be %s", (slug) => {
  expect(slugFault(slug)).toBeNull();
});

it.each(["ab", "x".repeat(41), "Acme", "a--b", "-ab", "ab-", "a.b", "www", "api", "portal", "roles", "splits"])(
  "keeps it from being %s",
  (slug) => {
    expect(slugFault(slug)).toMatch(/^slug /);
  },
);

it("makes one that a company can have of any name", () => {
  for (const name of ["Acme", "北京", "A very long name of a company that goes on and on and on", "www"])
    expect(slugFault(companySlugOf(name, "018f3a5e-7f00-7000-8000-0123456789ab"))).toBeNull();
});
