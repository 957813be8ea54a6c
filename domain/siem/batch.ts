import { auditEventAsCef, requestAsCef } from "../audit/cef.ts";
import type { AuditEvent, LoggedRequest } from "../audit/entries.ts";
import { auditEventAsOcsf, requestAsOcsf } from "../audit/ocsf.ts";

export type SiemKind = "https" | "splunk_hec";
export type SiemFormat = "ocsf" | "cef" | "json";

/** One row of one of the two logs. */
export type SiemRow = { log: "request_log"; row: LoggedRequest } | { log: "audit_events"; row: AuditEvent };

/** Rows of one message (PLATFORM §15). */
export const SIEM_ROWS = 500;

/** What is posted to a destination. */
export interface SiemBatch {
  contentType: string;
  body: string;
}

const CONTENT_TYPES: Readonly<Record<SiemFormat, string>> = {
  json: "application/x-ndjson",
  ocsf: "application/vnd.ocsf+x-ndjson",
  cef: "application/vnd.cef; charset=utf-8",
};

/** A row in the words of a format: a line of CEF, or an object that says of which log it is. */
function worded({ log, row }: SiemRow, format: SiemFormat): string | Record<string, unknown> {
  if (format === "cef") return log === "request_log" ? requestAsCef(row) : auditEventAsCef(row);
  if (format === "ocsf") return log === "request_log" ? requestAsOcsf(row) : auditEventAsOcsf(row);
  return { log, ...snakeCased(row) };
}

const snakeCased = (row: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value as unknown]),
  );

/**
 * Rows as one body: a line each for https; for Splunk's HTTP Event Collector one envelope after the other, with the
 * time in epoch seconds.
 */
export function siemBatch(kind: SiemKind, format: SiemFormat, rows: readonly SiemRow[]): SiemBatch {
  if (kind === "https") {
    const lines = rows.map((row) => worded(row, format)).map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    return { contentType: CONTENT_TYPES[format], body: lines.map((line) => `${line}\n`).join("") };
  }
  const envelopes = rows.map((each) =>
    JSON.stringify({
      time: each.row.at.getTime() / 1_000,
      source: "splits-network",
      sourcetype: `splits:${each.log}`,
      event: worded(each, format),
    }),
  );
  return { contentType: "application/json", body: envelopes.join("\n") };
}
