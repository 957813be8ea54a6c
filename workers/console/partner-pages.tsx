import type { FC } from "hono/jsx";
import { SCOPE_WORDS, type Scope, SCOPES } from "#domain/credentials/scopes.ts";
import { Refusal } from "#domain/refusals.ts";
import { type Column as CsvColumn, csv } from "#domain/statements/csv.ts";
import type { Context } from "#services/context.ts";
import type { Place } from "#services/keyset.ts";
import { Button, Choices, Field, type FieldErrors, Once, Select } from "#ui/form.tsx";
import { Badge, Tabs, type Tone } from "#ui/parts.tsx";
import { CursorPager } from "#ui/table.tsx";
import { openCursor, sealCursor } from "../api/v1/cursor.ts";
import { csvFile } from "../api/operation.ts";
import { filterKey } from "../api/v1/operation.ts";
import { chooserOf, type Form, type Page, type PageContext } from "./context.ts";
import { inWords } from "./words.ts";

/** What the pages of developers and administrators have in common. */

export const PAGE_ROWS = 25;
/** A file holds so many rows of a list, beginning with the newest. */
const CSV_ROWS = 1_000;

/** A page within one account: whoever has several and has chosen none chooses first. */
export const withinAccount =
  (page: Page): Page =>
  async (c) => {
    try {
      return await page(c);
    } catch (error) {
      const { ctx } = c.var;
      const undecided = error instanceof Refusal && ctx?.partner && !ctx.access.account && ctx.access.accountIds.length > 0;
      if (undecided && c.req.method === "GET") return c.redirect(chooserOf(c), 303);
      throw error;
    }
  };

/**
 * What a form carries unseen: what it is known by when it is sent again, to whom it was shown, for which
 * account it acts, and which version of a thing it was made from.
 */
export const Unseen: FC<{ ctx: Context; version?: number | undefined }> = ({ ctx, version }) => (
  <>
    <Once />
    <input type="hidden" name="by" value={ctx.userId} />
    <input type="hidden" name="account_id" value={ctx.access.account?.id} />
    {version === undefined ? null : <input type="hidden" name="version" value={version} />}
  </>
);

export const DeveloperTabs: FC<{ at: string }> = ({ at }) => (
  <Tabs
    name="Developers"
    at={at}
    of={[
      { name: "Overview", path: "/developers" },
      { name: "Keys", path: "/developers/keys" },
      { name: "Apps", path: "/developers/apps" },
      { name: "Webhooks", path: "/developers/webhooks" },
      { name: "Deliveries", path: "/developers/deliveries" },
      { name: "Usage", path: "/developers/usage" },
      { name: "Logs", path: "/developers/logs" },
      { name: "Deprecations", path: "/developers/deprecations" },
      { name: "Changelog", path: "/developers/changelog" },
    ]}
  />
);

export const AdminTabs: FC<{ at: string }> = ({ at }) => (
  <Tabs
    name="Administration"
    at={at}
    of={[
      { name: "Approvals", path: "/console/admin" },
      { name: "Credentials", path: "/console/admin/credentials" },
      { name: "Plans", path: "/console/admin/plans" },
      { name: "Privacy", path: "/console/admin/privacy" },
      { name: "Audit", path: "/console/admin/audit" },
      { name: "Sign-ins", path: "/console/admin/sign-ins" },
    ]}
  />
);

export const CREDENTIAL_WORDS = { api_key: "API key", oauth_client: "OAuth app" } as const;

const TONES: Readonly<Record<string, Tone>> = {
  active: "good",
  approved: "good",
  pending: "warn",
  suspended: "bad",
  rejected: "bad",
};

/** Where a key, an application or a grant stands. */
export const Standing: FC<{ of: string }> = ({ of }) => <Badge tone={TONES[of] ?? "neutral"}>{standing(of)}</Badge>;

const standing = (of: string): string => (of === "pending" ? "Waits for approval" : inWords(of));

/** What a credential may do, in sentences. */
export const ScopeList: FC<{ of: readonly Scope[] }> = ({ of }) => (
  <ul>
    {of.map((scope) => (
      <li>
        {SCOPE_WORDS[scope]} <code class="soft">{scope}</code>
      </li>
    ))}
  </ul>
);

export const ScopeChoices: FC<{ holdable: readonly Scope[]; chosen: readonly string[]; error?: string | undefined }> = ({
  holdable,
  chosen,
  error,
}) => (
  <Choices
    name="scopes"
    label="What it may do"
    hint="As little as it needs. It never sees more than you do."
    chosen={chosen}
    error={error}
    options={holdable.map((scope) => ({ value: scope, label: SCOPE_WORDS[scope], hint: scope }))}
  />
);

export const scopesOf = (form: Form): Scope[] => SCOPES.filter((scope) => form[`scopes.${scope}`] === "yes");

/** Several things in one field, a line or a comma apart. */
export const linesOf = (written: string | undefined): string[] => (written ?? "").split(/[\s,]+/).filter(Boolean);

/** How long the secret before a rotation passes, in seconds. */
const GRACES: readonly (readonly [string, string])[] = [
  ["86400", "A day"],
  ["3600", "An hour"],
  ["604800", "A week"],
  ["0", "Not at all: it ends at once"],
];

export const GraceChoice: FC = () => (
  <Select name="grace_seconds" label="How long the old secret still passes" options={GRACES.map(([value, label]) => ({ value, label }))} />
);

/** The chosen grace, in seconds; none where nothing that is offered was chosen. */
export const graceOf = (form: Form): number => Number(GRACES.find(([value]) => value === form["grace_seconds"])?.[0] ?? 0);

/** Whether somebody else changed meanwhile what a form was made from. */
export const isOvertaken = (error: unknown): boolean => error instanceof Refusal && error.code === "precondition_failed";

/** How a refusal is told at the fields of a form, by the names they have there; a refusal that is about none of them goes on. */
export function errorsOf(error: unknown, labels: Readonly<Record<string, string>>): FieldErrors {
  if (!(error instanceof Refusal)) throw error;
  const [first = ""] = Object.keys(labels);
  if (error.code === "plan_required") return { [labels["scopes"] ? "scopes" : first]: error.message };
  if (error.code === "resource_limit_reached") return { [first]: error.message };
  if (error.code !== "validation_failed") throw error;
  const told: Record<string, string> = {};
  for (const { pointer, message } of error.members.errors ?? []) {
    const name = pointer.split("/")[1] ?? "";
    const label = labels[name];
    if (label === undefined) throw error;
    told[name] ??= /^[a-z]+:/.test(message) ? message : `${label} ${message}.`;
  }
  return told;
}

/** A page of a list by cursor: where it begins, and where the one after it is to be found. */
export async function pagingOf(c: PageContext, list: string, filters: Readonly<Record<string, unknown>> = {}) {
  const address = new URL(c.req.url);
  const key = filterKey(list, { ...filters });
  const cursor = address.searchParams.get("cursor");
  const wantsCsv = address.searchParams.get("format") === "csv";
  const at = (to: string | null, format?: string) => {
    const url = new URL(address);
    for (const name of ["done", "cursor", "live", "verify"]) url.searchParams.delete(name);
    if (to !== null) url.searchParams.set("cursor", to);
    if (format) url.searchParams.set("format", format);
    return `${url.pathname}${url.search}`;
  };
  return {
    wantsCsv,
    /** Where the same list, as it is filtered, is to be had as a file. */
    csv: at(null, "csv"),
    query: wantsCsv
      ? { limit: CSV_ROWS, after: null }
      : { limit: PAGE_ROWS, after: cursor === null ? null : await openCursor(c.env.CURSOR_HMAC_KEY, cursor, key) },
    ways: async (next: Place | null) => ({
      begin: cursor === null ? null : at(null),
      older: next === null ? null : at(await sealCursor(c.env.CURSOR_HMAC_KEY, next, key)),
    }),
  };
}

/** One column of a list as a file; text is guarded against spreadsheets unless told that it is ours. */
export type Said<Row> = readonly [name: string, value: (row: Row) => string | number | null, kind?: CsvColumn["kind"]];

/** A list as a file for spreadsheets. */
export function csvAnswer<Row>(name: string, columns: readonly Said<Row>[], rows: readonly Row[]): Response {
  const named = columns.map(([column, , kind = "text"]) => ({ name: column, kind }));
  const cells = rows.map((row) => Object.fromEntries(columns.map(([column, value]) => [column, value(row)])));
  const { body, headers } = csvFile(name, csv(named, cells));
  return new Response(body, { headers });
}

/** What a list is asked for in its address: words, and where its things stand. */
export interface Narrowing {
  search?: string;
  status?: string;
}

/** @param statuses - those that the list knows */
export function narrowingOf(c: PageContext, statuses: readonly string[]): Narrowing {
  const search = c.req.query("search")?.trim().slice(0, 100);
  const status = statuses.find((one) => one === c.req.query("status"));
  return { ...(search ? { search } : {}), ...(status ? { status } : {}) };
}

/** How much a filter found, for whoever hears the page. */
export const foundIn = (isNarrowed: boolean, rows: readonly unknown[], next: Place | null): string | undefined =>
  isNarrowed ? `${rows.length}${next ? " or more" : ""} found.` : undefined;

/** The words and the standing by which a list of credentials or grants is narrowed. */
export const Narrow: FC<{ of: Narrowing; at: string; swap: string; statuses: readonly string[] }> = ({ of, at, swap, statuses }) => (
  <form method="get" action={at} class="filter" data-swap={swap}>
    <Field name="search" label="Search" type="search" value={of.search} />
    <Select
      name="status"
      label="Status"
      value={of.status}
      options={[{ value: "", label: "Any" }, ...statuses.map((value) => ({ value, label: standing(value) }))]}
    />
    <Button>Show</Button>
  </form>
);

/** The way on in a list, and the same as a file. */
export const ListEnd: FC<{ begin: string | null; older: string | null; csv: string }> = ({ begin, older, csv: file }) => (
  <div class="list-end">
    <a class="small" href={file}>
      Download as CSV
    </a>
    <CursorPager begin={begin} older={older} />
  </div>
);

const WHOLE = new Intl.NumberFormat("en");
const DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });

export const count = (number: number): string => WHOLE.format(number);

export const dollars = (cents: number): string => DOLLARS.format(cents / 100);
