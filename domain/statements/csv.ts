/** One column of a table: its name, and whether people wrote its values. */
export interface Column<Name extends string = string> {
  name: Name;
  /** Text may hold anything, and is guarded; the others are ours. */
  kind: "text" | "id" | "amount" | "date" | "number";
}

/** A row as JSON shows it; the CSV shows the same values under the same names. */
export type Row<Name extends string = string> = Readonly<Record<Name, string | number | null>>;

/** What a spreadsheet takes for a formula when a cell begins with it, in full width, too; spaces before it do not hide it. */
const FORMULA = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;

/**
 * Renders rows as CSV (RFC 4180): a header, CRLF after each line, quotes where needed. Text that a
 * spreadsheet would run as a formula begins with an apostrophe. Nothing is an empty cell.
 */
export function csv<Name extends string>(columns: readonly Column<Name>[], rows: readonly Row<Name>[]): string {
  const lines = [columns.map(({ name }) => quoted(name)), ...rows.map((row) => columns.map((column) => cell(column, row[column.name])))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

function cell({ kind }: Column, value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  return quoted(kind === "text" && FORMULA.test(text) ? `'${text}` : text);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
