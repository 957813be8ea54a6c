import type { AuditEvent, LoggedRequest, SignIn } from "./entries.ts";

/** In a header field a backslash and a bar are escaped. */
const header = (text: string): string => text.replaceAll(/[\\|]/g, "\\$&").replaceAll(/[\r\n]+/g, " ");

/** In an extension a backslash and an equals sign are, and a line end is written out. */
const value = (text: string): string => text.replaceAll(/[\\=]/g, "\\$&").replaceAll("\r", "\\r").replaceAll("\n", "\\n");

/** CEF severities run from 0 to 10. */
const LOW = 3;
const MEDIUM = 5;

/**
 * One line of the Common Event Format, version 0. What is null is left out.
 *
 * @param signature - what kind of thing happened
 */
function line(signature: string, name: string, severity: number, extension: Readonly<Record<string, string | number | null>>): string {
  const fields = Object.entries(extension).flatMap(([key, each]) => (each === null ? [] : [`${key}=${value(String(each))}`]));
  return `CEF:0|Splits Network|API|1|${header(signature)}|${header(name)}|${severity}|${fields.join(" ")}`;
}

/** A request of the partner API as a line of CEF. */
export const requestAsCef = (row: LoggedRequest): string =>
  line(`${row.method} ${row.route}`, "API request", row.status >= 400 ? MEDIUM : LOW, {
    rt: row.at.getTime(),
    externalId: row.id,
    src: row.ip,
    suid: row.userId,
    requestMethod: row.method,
    request: row.path,
    requestClientApplication: row.userAgent,
    outcome: row.status >= 400 ? "failure" : "success",
    reason: row.errorCode,
    out: row.bytesOut,
    cnt: row.repeatCount,
    cs1Label: row.accountId && "accountId",
    cs1: row.accountId,
    cs2Label: row.credentialId && "credentialId",
    cs2: row.credentialId,
    cs3Label: "requestId",
    cs3: row.requestId,
    cn1Label: "status",
    cn1: row.status,
    cn2Label: row.seq === null ? null : "seq",
    cn2: row.seq,
  });

/** An audit event as a line of CEF. */
export const auditEventAsCef = (event: AuditEvent): string =>
  line(event.action, event.action, LOW, {
    rt: event.at.getTime(),
    externalId: event.id,
    suid: event.actor.user_id,
    outcome: "success",
    reason: event.reason,
    cs1Label: event.accountId && "accountId",
    cs1: event.accountId,
    cs2Label: event.actor.credential_id ? "credentialId" : null,
    cs2: event.actor.credential_id ?? null,
    cs3Label: "requestId",
    cs3: event.requestId,
    cs4Label: "target",
    cs4: `${event.subjectType}/${event.subjectId}`,
    cs5Label: event.chainHash && "chainHash",
    cs5: event.chainHash,
    cn2Label: event.seq === null ? null : "seq",
    cn2: event.seq,
  });

/** Somebody who got in or out, or did not, as a line of CEF. */
export const signInAsCef = (row: SignIn): string =>
  line(row.kind, row.kind, row.outcome === "failure" ? MEDIUM : LOW, {
    rt: row.at.getTime(),
    externalId: row.id,
    src: row.ip,
    suid: row.userId ?? row.candidateId,
    outcome: row.outcome,
    reason: row.reason,
    requestClientApplication: row.userAgentSummary,
    cs2Label: row.sessionId && "sessionId",
    cs2: row.sessionId,
    cs3Label: "requestId",
    cs3: row.requestId,
    cs4Label: row.method && "method",
    cs4: row.method,
  });
