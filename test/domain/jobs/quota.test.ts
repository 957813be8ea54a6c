import { expect, it } from "vitest";
import { requireRoleQuota, ROLES_PER_DAY } from "#domain/jobs/quota.ts";
import { Refusal } from "#domain/refusals.ts";

it.each([
  ["2026-12-15T00:00:00.000Z", 86_400],
  ["2026-12-15T10:30:00.000Z", 48_600],
  ["2026-12-15T23:59:59.001Z", 1],
  ["2026-12-31T12:00:00.000Z", 43_200],
])("at %s the next role fits in %d seconds, when the UTC day begins", (now, seconds) => {
  expect(() => requireRoleQuota(ROLES_PER_DAY - 1, new Date(now))).not.toThrow();
  try {
    requireRoleQuota(ROLES_PER_DAY, new Date(now));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect([(error as Refusal).code, (error as Refusal).members["retry_after"]]).toEqual(["daily_role_quota", seconds]);
  }
});
