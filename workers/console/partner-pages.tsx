import type { FC } from "hono/jsx";
import { SCOPE_WORDS, type Scope, SCOPES } from "#domain/credentials/scopes.ts";
import { Refusal } from "#domain/refusals.ts";
import type { Place } from "#services/keyset.ts";
import { Choices, type FieldErrors, Select } from "#ui/form.tsx";
import { Badge, Tabs, type Tone } from "#ui/parts.tsx";
import { openCursor, sealCursor } from "../api/v1/cursor.ts";
import { filterKey } from "../api/v1/operation.ts";
import type { PageContext } from "./context.ts";
import { inWords } from "./words.ts";

/** What the pages of developers and administrators have in common. */

type Page = (c: PageContext) => Response | Promise<Response>;

export const PAGE_ROWS = 25;

/** A page within one account: whoever has several and has chosen none chooses first. */
export const withinAccount =
  (page: Page): Page =>
  async (c) => {
    try {
      return await page(c);
    } catch (error) {
      const { ctx } = c.var;
      const undecided = error instanceof Refusal && ctx?.partner && !ctx.access.account && ctx.access.accountIds.length > 0;
      if (undecided && c.req.method === "GET") return c.redirect("/developers/account", 303);
      throw error;
    }
  };

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
      { name: "Audit", path: "/console/admin/audit" },
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
export const Standing: FC<{ of: string }> = ({ of }) => (
  <Badge tone={TONES[of] ?? "neutral"}>{of === "pending" ? "Waits for approval" : inWords(of)}</Badge>
);

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

type Form = Readonly<Record<string, string>>;

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
  const at = (to: string | null) => {
    const url = new URL(address);
    url.searchParams.delete("done");
    if (to === null) url.searchParams.delete("cursor");
    else url.searchParams.set("cursor", to);
    return `${url.pathname}${url.search}`;
  };
  return {
    query: { limit: PAGE_ROWS, after: cursor === null ? null : await openCursor(c.env.CURSOR_HMAC_KEY, cursor, key) },
    ways: async (next: Place | null) => ({
      begin: cursor === null ? null : at(null),
      older: next === null ? null : at(await sealCursor(c.env.CURSOR_HMAC_KEY, next, key)),
    }),
  };
}

const WHOLE = new Intl.NumberFormat("en");
const DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });

export const count = (number: number): string => WHOLE.format(number);

export const dollars = (cents: number): string => DOLLARS.format(cents / 100);
