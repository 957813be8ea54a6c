import { leavesNoAdmin, type MembershipFacts } from "#domain/identity/membership.ts";
import { expect, it } from "vitest";

const admin = (id: string, companyId: string | null = null): MembershipFacts => ({ id, roleName: "company_admin", companyId });
const manager = (id: string): MembershipFacts => ({ id, roleName: "hiring_manager", companyId: null });

it.each([
  ["the only admin leaves", admin("a"), null, [admin("a")], true],
  ["the only admin becomes a manager", admin("a"), manager("a"), [admin("a")], true],
  ["the only admin keeps one company", admin("a"), admin("a", "c1"), [admin("a")], true],
  ["another admin remains", admin("a"), null, [admin("a"), admin("b")], false],
  ["only a company's admin remains", admin("a"), null, [admin("a"), admin("b", "c1")], true],
  ["the organization has an admin", admin("b", "c1"), null, [admin("a"), admin("b", "c1")], false],
  ["the last admin of a company leaves", admin("b", "c1"), null, [admin("b", "c1"), admin("d", "c2")], true],
  ["a manager leaves", manager("m"), null, [], false],
  ["the only admin stays one", admin("a"), admin("a"), [admin("a")], false],
])("%s", (_, before, after, others, expected) => {
  expect(leavesNoAdmin(before, after, others)).toBe(expected);
});
