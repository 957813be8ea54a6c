import { describe, expect, it } from "vitest";
import { auditEventAsCef, requestAsCef, signInAsCef } from "#domain/audit/cef.ts";
import type { AuditEvent, LoggedRequest, SignIn } from "#domain/audit/entries.ts";
import { auditEventAsOcsf, requestAsOcsf, signInAsOcsf } from "#domain/audit/ocsf.ts";

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

const signIn: SignIn = {
  id: "019b218f-5440-7000-8000-00000000000a",
  at: new Date("2026-12-01T10:00:00Z"),
  kind: "sign_in_refused",
  outcome: "failure",
  reason: "deactivated",
  userId: "00000000-0000-4000-8000-000000000002",
  candidateId: null,
  organizationId: null,
  sessionId: null,
  method: "clerk",
  ip: "192.0.2.1",
  country: "DE",
  userAgentSummary: "Firefox on Linux",
  requestId: "019b218f-5440-7000-8000-000000000001",
};

describe("somebody who got in or out", () => {
  it.each([
    ["signed_in", "success", 1, "Logon", "Success"],
    ["sign_in_refused", "failure", 1, "Logon", "Failure"],
    ["code_wrong", "failure", 1, "Logon", "Failure"],
    ["signed_out", "success", 2, "Logoff", "Success"],
    ["session_ended", "success", 2, "Logoff", "Success"],
    ["challenge_sent", "success", 6, "Preauth", "Success"],
  ] as const)("%s is Authentication in OCSF", (kind, outcome, activity, name, status) => {
    expect(signInAsOcsf({ ...signIn, kind, outcome, sessionId: "s" })).toMatchObject({
      class_uid: 3002,
      category_uid: 3,
      activity_id: activity,
      activity_name: name,
      type_uid: 300_200 + activity,
      status,
      status_detail: "deactivated",
      user: { uid: signIn.userId },
      session: { uid: "s" },
      src_endpoint: { ip: "192.0.2.1", location: { country: "DE" } },
      http_request: { user_agent: "Firefox on Linux" },
    });
  });

  it("who is nobody we know is anonymous", () => {
    expect(signInAsOcsf({ ...signIn, userId: null, reason: null })).toMatchObject({ user: { uid: "anonymous" } });
    expect(signInAsOcsf({ ...signIn, userId: null, candidateId: "c" })).toMatchObject({ user: { uid: "c" } });
  });

  it("is a line of CEF", () => {
    expect(signInAsCef(signIn)).toBe(
      "CEF:0|Splits Network|API|1|sign_in_refused|sign_in_refused|5|rt=1796119200000 externalId=019b218f-5440-7000-8000-00000000000a src=192.0.2.1 suid=00000000-0000-4000-8000-000000000002 outcome=failure reason=deactivated requestClientApplication=Firefox on Linux cs3Label=requestId cs3=019b218f-5440-7000-8000-000000000001 cs4Label=method cs4=clerk",
    );
    expect(signInAsCef({ ...signIn, outcome: "success", sessionId: "s" })).toContain("|3|");
  });
});

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
