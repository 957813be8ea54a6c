import { eq } from "drizzle-orm";
import { auditEvents } from "#db/schema/audit.ts";
import { describe, expect, it } from "vitest";
import { type Act, MATRIX } from "./matrix.ts";
import { filled, type Route, routesOf } from "./routes.ts";
import { accessWorld } from "./world.ts";

// DOMAIN §1.1: a platform admin overrides everything, and every override is audited with a reason. What the
// matrix lets a platform admin do beside whoever it belongs to is an override; so is every removal.

/** What the contract gives platform admins as their own (DOMAIN §1.4, §5.2), or what they do for themselves. */
const NO_OVERRIDE: Readonly<Record<string, string>> = {
  "jobs create": "they stand among who posts jobs",
  "candidates create": "they stand among who enters candidates",
  "custom-contracts delete": "they write the contracts",
  "recruiters create": "registering oneself",
  "application-notes create": "a note has its author",
  "notifications mark-all-read": "one's own",
};

const world = await accessWorld();

/** `jobs update of title on open job`. */
function nameOf({ resource, verb }: Route, { on, body }: Act): string {
  const fields = verb === "update" && body ? ` of ${Object.keys(body(world.id) as object).join()}` : "";
  return `${resource} ${verb}${fields}${on ? ` on ${on}` : ""}`;
}

const overrides: [name: string, Route, Act][] = (await routesOf(world))
  .filter(({ resource, verb, method }) => method !== "GET" && !NO_OVERRIDE[resource] && !NO_OVERRIDE[`${resource} ${verb}`])
  // what takes rows away comes last
  .toSorted((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"))
  .flatMap((route) =>
    [MATRIX[route.resource]?.acts?.[route.verb] ?? []]
      .flat()
      .filter(({ may }) => may.includes("platformAdmin") && !may.includes("roleless"))
      .filter(({ may }) => route.method === "DELETE" || may.length > 1)
      .map((act): [string, Route, Act] => [nameOf(route, act), route, act]),
  );

async function ask({ method, path, takesBody }: Route, act: Act, reason: string | undefined) {
  const values = { ...(act.on === undefined ? {} : { id: world.id(act.on) }), ...act.path?.(world.id) };
  const { reason: _, ...body } = (takesBody ? (act.body?.(world.id) ?? {}) : {}) as Record<string, unknown>;
  const said = reason === undefined ? {} : { reason };
  const query = takesBody ? "" : `?${new URLSearchParams(said as Record<string, string>)}`;
  return world.call("platformAdmin", method, `${filled(path, values)}${query}`, takesBody ? { body: { ...body, ...said } } : {});
}

/** A reason that is one of a few words. */
const IN_A_WORD: Readonly<Record<string, string>> = { "candidate-role-assignments decline on proposed deal": "salary" };

/** What the row's state refuses by now, whatever the reason. */
const REFUSED_BY_STATE: readonly string[] = [
  "intake-requests decline on intake of Acme",
  "applications create",
  ...["update of cover_letter", "return-to-draft", "trigger-ai-review", "accept-offer"].map(
    (verb) => `applications ${verb} on reached application`,
  ),
  "applications hire on hired application",
  "applications hire on interview application",
  "job-pre-screen-answers create on draft application",
  "job-pre-screen-answers replace on reached application",
  "job-pre-screen-answers update of answer on answer on draft",
  "job-pre-screen-answers update of answer on answer on reached",
  "candidate-role-assignments decline on proposed deal",
  ...["start-review", "approve-gate", "deny-gate", "request-info", "withdraw"].map(
    (verb) => `candidate-role-assignments ${verb} on reached deal`,
  ),
  "candidate-role-assignments request-info on gated deal",
  "candidate-role-assignments advance on hired deal",
  "placements replace on placement",
  "job-pre-screen-answers delete on answer on draft",
  "recruiter-candidates terminate on ended relationship",
  "teams transfer-ownership on team",
  "organizations delete on Acme's organization",
  "companies delete on Acme",
  "job-pre-screen-questions delete on question of open job",
  "job-pre-screen-answers delete on answer on reached",
  "recruiter-candidates delete on invitation",
  "recruiter-companies delete on requested connection",
  "teams delete on team",
];

describe("a platform admin who changes what is another's", () => {
  it.each(overrides)("is asked why: %s", async (_, route, act) => {
    const { status, body } = await ask(route, act, undefined);
    const pointer = route.takesBody ? "/reason" : "query:reason";
    expect([status, body.code, body.errors?.[0]?.pointer]).toEqual([422, "validation_failed", pointer]);
  });

  it.each(overrides)("leaves it in the audit: %s", async (name, route, act) => {
    const reason = IN_A_WORD[name] ?? `because of ${name}`;
    const { status } = await ask(route, act, reason);
    const kept = await world.db.writer
      .select({ action: auditEvents.action })
      .from(auditEvents)
      .where(eq(auditEvents.reason, `override: ${reason}`));
    expect([status < 300 ? "done" : status, kept.length > 0]).toEqual(REFUSED_BY_STATE.includes(name) ? [409, false] : ["done", true]);
  });
});
