import { html, raw } from "hono/html";
import type { File } from "../../operation.ts";

type Value = string | number | null;
type Fields = Readonly<Record<string, Value>>;
type Sums = Readonly<Record<"earned" | "paid_out", string | null>> & object;

/** A statement as its JSON shows it; the page shows the same values. */
export type StatementJson = {
  of: { id: string; name: string };
  period: { from: string; to: string };
  currency: string;
  accounts: Readonly<Record<string, Fields>>;
  lines: readonly Fields[];
} & (
  | {
      kind: "recruiter";
      year_to_date: Sums;
      upcoming: readonly {
        role: string;
        placement_id: string;
        amount: string | null;
        expected_at: string | null;
        blockers: readonly { sentence: string }[];
      }[];
    }
  | { kind: "team"; total: Sums; members: readonly ({ name: string } & Sums)[]; placements: readonly object[] | null }
  | {
      kind: "company";
      invoices: readonly {
        number: string | null;
        status: string;
        due_date: string | null;
        amount_due: string | null;
        amount_paid: string | null;
        lines: readonly { kind: string; amount: string | null }[];
      }[];
      credits: readonly { status: string; amount: string | null; used: string | null; expires_at: string }[];
      commitment: {
        contract_year: { from: string; until: string };
        placements: number;
        min_placements_per_year: number | null;
        discount_reached: boolean;
      } | null;
    }
);

type Markup = ReturnType<typeof html>;

const TITLES = { recruiter: "Statement of earnings", team: "Team statement", company: "Statement of account" } as const;

/** A statement as a page for the screen and for A4 paper: no script, nothing from elsewhere, light and dark. */
export async function statementPage(statement: StatementJson): Promise<File> {
  const title = TITLES[statement.kind];
  const document = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} &middot; ${statement.of.name} &middot; ${statement.period.from} to ${statement.period.to}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <p class="mark">${raw(MARK)} Splits Network</p>
          <p class="soft">${statement.currency.toUpperCase()}</p>
        </header>
        <main>
          <div>
            <h1>${statement.of.name}</h1>
            <p class="soft">
              ${title}, <time datetime="${statement.period.from}">${day(statement.period.from)}</time> to
              <time datetime="${statement.period.to}">${day(statement.period.to)}</time>
            </p>
          </div>
          ${accounts(statement)} ${aboutKind(statement)} ${lineTable(statement)}
        </main>
      </body>
    </html>`;
  return {
    body: String(document),
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${await styleHash()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    },
  };
}

/** The balances: how each came from what it was to what it is. */
const accounts = ({ accounts: all }: StatementJson): Markup =>
  html`<div class="cards">
    ${Object.entries(all).map(
      ([name, fields]) =>
        html`<section class="card">
          <h2>${words(name)}</h2>
          <dl>
            ${Object.entries(fields)
              .filter(([field]) => !field.endsWith("_cents"))
              .map(([field, value]) => figure(words(field), String(value), field === "closing"))}
          </dl>
        </section>`,
    )}
  </div>`;

const figure = (name: string, value: string, strong = false): Markup =>
  html`<div${raw(strong ? ' class="total"' : "")}><dt>${name}</dt><dd>${figures(value)}</dd></div>`;

function aboutKind(statement: StatementJson): Markup {
  switch (statement.kind) {
    case "recruiter":
      return html`<section class="card">
          <h2>Year to date</h2>
          <dl>${figure("Earned", statement.year_to_date.earned ?? "")}${figure("Paid out", statement.year_to_date.paid_out ?? "")}</dl>
        </section>
        ${table(
          "Upcoming",
          ["Expected", "Share", "Amount"],
          statement.upcoming.map(({ role, amount, expected_at: at, blockers }) => [
            at ? day(at.slice(0, 10)) : "Not known",
            html`<b>${words(role)}</b>${blockers.map(({ sentence }) => html`<span class="soft">${sentence}</span>`)}`,
            amount ?? "",
          ]),
        )}`;
    case "team":
      return html`${table(
        "Members",
        ["Member", "Earned", "Paid out"],
        statement.members.map(({ name, earned, paid_out: paid }) => [html`<b>${name}</b>`, earned ?? "", paid ?? ""]),
        ["Team", statement.total.earned ?? "", statement.total.paid_out ?? ""],
      )}`;
    case "company":
      return html`${table(
        "Invoices",
        ["Invoice", "Lines", "Due"],
        statement.invoices.map((invoice) => [
          html`<b>${invoice.number ?? "Draft"}</b><span class="soft">${words(invoice.status)}</span>`,
          html`${invoice.lines.map((line) => html`<span>${words(line.kind)} ${figures(line.amount ?? "")}</span>`)}${
            invoice.due_date ? html`<span class="soft">Due ${day(invoice.due_date)}</span>` : ""
          }`,
          invoice.amount_due ?? "",
        ]),
      )}
      ${table(
        "Credits",
        ["Until", "Credit", "Amount"],
        statement.credits.map((credit) => [
          day(credit.expires_at.slice(0, 10)),
          html`<b>${words(credit.status)}</b><span class="soft">Used ${figures(credit.used ?? "")}</span>`,
          credit.amount ?? "",
        ]),
      )}
      ${statement.commitment ? commitment(statement.commitment) : ""}`;
  }
}

const commitment = (made: NonNullable<Extract<StatementJson, { kind: "company" }>["commitment"]>): Markup =>
  html`<section class="card">
    <h2>Commitment, ${day(made.contract_year.from)} until ${day(made.contract_year.until)}</h2>
    <dl>
      ${figure("Placements", `${made.placements}${made.min_placements_per_year === null ? "" : ` of ${made.min_placements_per_year}`}`)}
      ${figure("Discount", made.discount_reached ? "Reached" : "Not reached")}
    </dl>
  </section>`;

/** Every line of the period; the details of a line stand under its title. */
const lineTable = ({ lines, kind }: StatementJson): Markup =>
  table(
    "Lines",
    ["Date", "What", "Amount"],
    lines.map((line) => {
      const about = [line["role_title"], line["company"]].filter(Boolean).join(", ");
      const details = (kind === "company" ? ["invoice_number"] : ["role", "team_part", "status", "transfer_id"])
        .flatMap((name) =>
          line[name] ? [name === "transfer_id" || name === "invoice_number" ? String(line[name]) : words(String(line[name]))] : [],
        )
        .join(" · ");
      return [
        day(String(line["date"]).slice(0, 10)),
        html`<b>${words(String(line["kind"]))}</b
          >${about ? html`<span>${about}</span>` : ""}${details ? html`<span class="soft">${details}</span>` : ""}`,
        String(line["amount"]),
      ];
    }),
  );

type Cell = string | Markup;

/** A table, or a sentence where there is nothing to show. Cells that are amounts stand to the right. */
function table(title: string, heads: readonly string[], rows: readonly (readonly Cell[])[], foot?: readonly string[]): Markup {
  const isAmount = (cell: Cell): cell is string => typeof cell === "string" && AMOUNT.test(cell);
  const right = heads.map((_, column) => rows.some((row) => isAmount(row[column] ?? "")));
  const at = (column: number, cell?: Cell) =>
    raw(right[column] ? ' class="amount"' : typeof cell === "string" && DAY.test(cell) ? ' class="day"' : "");
  return html`<section class="card">
    <h2>${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="soft none">Nothing in this period.</p>`
        : html`<table>
            <thead>
              <tr>
                ${heads.map((head, column) => html`<th scope="col" ${at(column)}>${head}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                (row) =>
                  html`<tr>
                    ${row.map((cell, column) => html`<td${at(column, cell)}>${isAmount(cell) ? figures(cell) : cell}</td>`)}
                  </tr>`,
              )}
            </tbody>
            ${
              foot
                ? html`<tfoot>
                    <tr>
                      ${foot.map((cell, column) => html`<td${at(column)}>${isAmount(cell) ? figures(cell) : cell}</td>`)}
                    </tr>
                  </tfoot>`
                : ""
            }
          </table>`
    }
  </section>`;
}

const DAY = /^\d{1,2} \w{3} \d{4}$/;
const AMOUNT = /^-?\d+\.\d\d$/;

/** `-1234.50` as people read it: a real minus, thousands apart. */
const figures = (amount: string): string => (AMOUNT.test(amount) ? amount.replace("-", "−").replaceAll(/\B(?=(\d{3})+\.)/g, ",") : amount);

/** `paid_out` in words. */
const words = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `2026-05-31` as `31 May 2026`. */
function day(date: string): string {
  const [year = "", month = "", of = ""] = date.split("-");
  return `${Number(of)} ${MONTHS[Number(month) - 1] ?? month} ${year}`;
}

/** Two halves of one circle: a fee that is split. */
const MARK = `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M11 2a10 10 0 0 0 0 20z" fill="currentColor"/><path d="M13 2a10 10 0 0 1 0 20z" fill="currentColor" opacity=".45"/></svg>`;

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f6f8, #101014);
  --card: light-dark(#fff, #19191f);
  --line: light-dark(#e3e3e9, #2d2d37);
  --ink: light-dark(#17171c, #ececf1);
  --soft: light-dark(#5d5d6b, #a0a0af);
  --accent: light-dark(#4338ca, #a5b4fc);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
*, *::before { box-sizing: border-box; }
body { margin: 0 auto; max-width: 52rem; padding: clamp(1rem, 4vw, 2.5rem); background: var(--ground); color: var(--ink); }
header { display: flex; justify-content: space-between; margin-bottom: 2rem; }
p, h1, h2, dl, dd { margin: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { padding: .75rem 1rem; border-bottom: 1px solid var(--line); font-size: .8125rem; font-weight: 600; color: var(--soft); }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
.mark { display: flex; align-items: center; gap: .5rem; font-weight: 650; }
.mark svg { color: var(--accent); }
.soft { color: var(--soft); }
.none { padding: 1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1.25rem; align-items: start; }
.cards:empty { display: none; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
dl { padding: .5rem 1rem .75rem; }
dl div { display: flex; justify-content: space-between; gap: 1rem; padding: .125rem 0; }
dt { color: var(--soft); }
dd, .amount { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.day { white-space: nowrap; }
.total { margin-top: .25rem; padding-top: .375rem; border-top: 1px solid var(--line); }
.total dt, .total dd { color: var(--ink); font-weight: 650; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th { font-size: .8125rem; font-weight: 600; color: var(--soft); text-align: left; }
th.amount { text-align: right; }
th, td { padding: .625rem .5rem; vertical-align: top; }
th:first-child, td:first-child { padding-left: 1rem; }
th:last-child, td:last-child { padding-right: 1rem; }
tbody tr, tfoot tr { border-top: 1px solid var(--line); }
tfoot td { font-weight: 650; }
td b { font-weight: 600; }
td b, td span { display: block; overflow-wrap: anywhere; }
td .soft { font-size: .8125rem; }
@page { size: A4; margin: 16mm 14mm; }
@media print {
  :root { color-scheme: light; font-size: 10pt; --ground: #fff; }
  body { max-width: none; padding: 0; }
  .card { border-radius: 0; border-width: 1px 0 0; }
  h2, th, td, dl { padding-left: 0 !important; padding-right: 0 !important; }
  thead { display: table-header-group; }
  tr, .cards .card { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;

let hashed: Promise<string> | undefined;

/** The policy names the one style by its hash, so that nothing else can be one. */
const styleHash = (): Promise<string> =>
  (hashed ??= crypto.subtle
    .digest("SHA-256", new TextEncoder().encode(STYLE))
    .then((bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))));
