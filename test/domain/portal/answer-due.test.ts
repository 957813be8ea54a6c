import { expect, it } from "vitest";
import { answerDueAt } from "#domain/portal/answer-due.ts";

it.each([
  ["2026-11-21T18:30:00Z", "2026-12-21T18:30:00.000Z"],
  ["2026-12-31T00:00:00Z", "2027-01-31T00:00:00.000Z"],
  ["2027-01-31T23:59:59Z", "2027-02-28T23:59:59.000Z"],
  ["2028-01-30T12:00:00Z", "2028-02-29T12:00:00.000Z"],
  ["2027-05-31T12:00:00Z", "2027-06-30T12:00:00.000Z"],
])("what was asked on %s must be answered by %s", (asked, due) => {
  expect(answerDueAt(new Date(asked)).toISOString()).toBe(due);
});
