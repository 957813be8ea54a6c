import { eq } from "drizzle-orm";
import { auditEvents } from "#db/schema/audit.ts";
import { describe, expect, it } from "vitest";
import { type Act, MATRIX } from "./matrix.ts";
import { filled, type Route, routesOf } from "./routes.ts";
import { accessWorld } from "./world.ts";

// DOMAIN §1.1: a platform admin overrides everything, and every override is audited with a reason. What the
// matrix lets a platform admin do beside whoever it belongs to is an override; so is every removal.

/** What a platform admin does as anybody with a part in it, or what has a reason of its own by its own rules. */
const NO_OVERRIDE: Readonly<Record<string, string>> = {
  "jobs create": "posting for a company takes nothing from it",
  "candidates create": "entering a candidate takes nothing from anybody",
  "recruiters create": "registering oneself",
  "recruiter-companies create": "the other side answers",
  "application-notes create": "a note has its author",
  "notifications mark-all-read": "one's own",
  "disputes create": "a dispute has its reason",
  "custom-contracts delete": "contracts are written by platform admins",
  // the deal's own rules audit who acted at whose gate (DOMAIN §3.1)
  ...Object.fromEntries(
    ["applications", "candidate-role-assignments", "placements", "job-pre-screen-answers create", "job-pre-screen-answers replace"].map(
      (name) => [name, "acted as a party of the deal"],
    ),
  ),
};

const world = await accessWorld();

const overrides: [name: string, Route, Act][] = (await routesOf(world))
  .filter(({ resource, verb, method }) => method !== "GET" && !NO_OVERRIDE[resource] && !NO_OVERRIDE[`${resource} ${verb}`])
  // what takes rows away comes last
  .toSorted((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"))
  .flatMap((route) =>
    [MATRIX[route.resource]?.acts?.[route.verb] ?? []]
      .flat()
      .filter(({ may }) => may.includes("platformAdmin") && !may.includes("roleless"))
      .filter(({ may }) => route.method === "DELETE" || may.length > 1)
      .map((act): [string, Route, Act] => [`${route.resource} ${route.verb}${act.on ? ` on ${act.on}` : ""}`, route, act]),
  );

async function ask({ method, path, takesBody }: Route, act: Act, reason: string | undefined) {
  const values = { ...(act.on === undefined ? {} : { id: world.id(act.on) }), ...act.path?.(world.id) };
  const { reason: _, ...body } = (takesBody ? (act.body?.(world.id) ?? {}) : {}) as Record<string, unknown>;
  const said = reason === undefined ? {} : { reason };
  const query = takesBody ? "" : `?${new URLSearchParams(said as Record<string, string>)}`;
  return world.call("platformAdmin", method, `${filled(path, values)}${query}`, takesBody ? { body: { ...body, ...said } } : {});
}

/** What the row's state refuses by now, whatever the reason. */
const REFUSED_BY_STATE: readonly string[] = [
  "intake-requests decline on intake of Acme",
  "job-pre-screen-answers update on answer on reached",
  "recruiter-candidates terminate on ended relationship",
  "teams transfer-ownership on team",
  "organizations delete on Acme's organization",
  "companies delete on Acme",
  "job-pre-screen-questions delete on question of open job",
  "job-pre-screen-answers delete on answer on reached",
  "candidates delete on candidate guarded",
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
    const reason = `because of ${name}`;
    const { status } = await ask(route, act, reason);
    const kept = await world.db.writer
      .select({ action: auditEvents.action })
      .from(auditEvents)
      .where(eq(auditEvents.reason, `override: ${reason}`));
    expect([status < 300 ? "done" : status, kept.length > 0]).toEqual(REFUSED_BY_STATE.includes(name) ? [409, false] : ["done", true]);
  });
});
