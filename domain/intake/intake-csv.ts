import { type Column, csv, type Row } from "../statements/csv.ts";

/** What a table says of a role that was handed in, beside the answers. */
interface IntakeRow {
  submittedAt: Date;
  status: string;
  source: string;
  origin: string | null;
  answers: Readonly<Record<string, string>>;
}

const OURS: readonly Column[] = [
  { name: "submitted_at", kind: "date" },
  { name: "status", kind: "id" },
  { name: "source", kind: "id" },
  { name: "origin", kind: "text" },
];

/**
 * What was handed in, a row each, as a spreadsheet opens it. Each question that any of them answered has a
 * column, `fields.` and its name, so that none is taken for one of ours.
 */
export function intakeCsv(rows: readonly IntakeRow[]): string {
  const names = [...new Set(rows.flatMap(({ answers }) => Object.keys(answers)))];
  const columns: readonly Column[] = [...OURS, ...names.map((name): Column => ({ name: `fields.${name}`, kind: "text" }))];
  const row = ({ submittedAt, status, source, origin, answers }: IntakeRow): Row => ({
    submitted_at: submittedAt.toISOString(),
    status,
    source,
    origin,
    ...Object.fromEntries(names.map((name) => [`fields.${name}`, answers[name] ?? null])),
  });
  return csv(columns, rows.map(row));
}
