import { describe, expect, it } from "vitest";
import { auditEventAsCef, requestAsCef } from "#domain/audit/cef.ts";
import type { AuditEvent, LoggedRequest } from "#domain/audit/entries.ts";
import { auditEventAsOcsf, requestAsOcsf } from "#domain/audit/ocsf.ts";

const request: LoggedRequest = {
  id: "019b218f-5440-7000-8000-000000000001",
  at: new Date("2026-12-01T10:00:00Z"),
  accountId: "00000000-0000-4000-8000-000000000001",
  userId: "00000000-0000-4000-8000-000000000002",
  credentialId: "00000000-0000-4000-8000-000000000003",
  credentialKind: "key",
  clientId: null,
  method: "GET",
  route: "/roles/{id}",
  path: "/api/v1/roles/1",
  status: 200,
  latencyMs: 12,
  ip: "192.0.2.1",
  userAgent: "curl=8 \\ 1\nX",
  country: "DE",
  requestId: "019b218f-5440-7000-8000-000000000001",
  scopesUsed: ["read:roles"],
  rateRemaining: 99,
  overage: false,
  errorCode: null,
  bytesOut: 120,
  repeatCount: 1,
  seq: 7,
};

const event: AuditEvent = {
  id: "019b218f-5440-7000-8000-000000000009",
  at: new Date("2026-12-01T10:00:00Z"),
  requestId: "019b218f-5440-7000-8000-000000000001",
  actor: { kind: "session", user_id: "00000000-0000-4000-8000-000000000002" },
  action: "api_key.created",
  subjectType: "api_key",
  subjectId: "00000000-0000-4000-8000-000000000003",
  changes: { status: { from: null, to: "pending" } },
  reason: "a|b=c",
  accountId: "00000000-0000-4000-8000-000000000001",
  seq: 3,
  chainHash: "ab",
};

describe("as OCSF", () => {
  it.each([
    ["POST", 1, "Create"],
    ["GET", 2, "Read"],
    ["PATCH", 3, "Update"],
    ["PUT", 3, "Update"],
    ["DELETE", 4, "Delete"],
  ])("a %s is API activity %d", (method, activity, name) => {
    expect(requestAsOcsf({ ...request, method })).toMatchObject({
      class_uid: 6003,
      category_uid: 6,
      activity_id: activity,
      activity_name: name,
      type_uid: 600_300 + activity,
    });
  });

  it("has what the class requires", () => {
    const activity = requestAsOcsf(request);
    for (const name of [
      "activity_id",
      "actor",
      "api",
      "category_uid",
      "class_uid",
      "metadata",
      "severity_id",
      "src_endpoint",
      "time",
      "type_uid",
    ])
      expect(activity, name).toHaveProperty(name);
    expect(activity).toMatchObject({ time: 1_796_119_200_000, status_id: 1, metadata: { version: "1.3.0", uid: request.id } });
    expect(requestAsOcsf({ ...request, status: 429, errorCode: "rate_limited" })).toMatchObject({
      status_id: 2,
      status_code: "rate_limited",
    });
  });

  it.each([
    ["api_key.created", 600_301],
    ["request_log.exported", 600_302],
    ["account_plan.updated", 600_303],
    ["oauth_grant.revoked", 600_304],
    ["oauth_token.issued", 300_201],
    ["session.signed_out", 300_202],
  ])("%s is of type %d", (action, type) => {
    expect(auditEventAsOcsf({ ...event, action })).toMatchObject({ type_uid: type, class_uid: Math.floor(type / 100) });
  });
});

describe("as CEF", () => {
  it("is one line, with what would end a field escaped", () => {
    const line = requestAsCef(request);
    expect(line).toMatch(/^CEF:0\|Splits Network\|API\|1\|GET \/roles\/\{id\}\|API request\|3\|rt=1796119200000 /);
    expect(line).toContain(String.raw`requestClientApplication=curl\=8 \\ 1\nX outcome=success`);
    expect(line).not.toContain("\n");
    expect(line).not.toContain("reason=");
  });

  it("escapes a bar only in the header", () => {
    expect(auditEventAsCef({ ...event, action: "a|b" })).toContain(String.raw`|a\|b|a\|b|3|`);
    expect(auditEventAsCef(event)).toContain(String.raw`reason=a|b\=c`);
  });
});
