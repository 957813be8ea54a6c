import { beforeAll, describe, expect, it } from "vitest";
import { type Act, type Audience, atTheDoor, listedTo, MATRIX, readersOf, type ResourceAccess, ROLES_AT_HIRE } from "./matrix.ts";
import { filled, isShown, namesIn, type Route, routesOf, search } from "./routes.ts";
import { accessWorld, type Actor, ACTORS } from "./world.ts";

const world = await accessWorld();
const ROUTES = await routesOf(world);

const nameOf = ({ resource, verb }: Route): string => `${resource} ${verb}`;

const lineOf = ({ resource, verb }: Route): ResourceAccess | undefined => {
  const line = MATRIX[resource];
  const known = verb === "list" ? line?.list : verb === "get" ? line?.rows : line?.acts?.[verb];
  return known ? line : undefined;
};

const isForPeople = ({ resource, verb }: Route): boolean =>
  ![MATRIX[resource]?.acts?.[verb] ?? []].flat().some(({ everybody }) => everybody);

const known = (pick: (verb: string) => boolean): [string, Route][] =>
  ROUTES.filter((route) => pick(route.verb) && lineOf(route)).map((route) => [nameOf(route), route]);

type Verdict = "allowed" | number;

/** Done, or refused by nothing but the row's state. */
const ALLOWED = [200, 201, 409, 410, 412, 422];

const verdictOf = (status: number): Verdict => (ALLOWED.includes(status) ? "allowed" : status);

function expected(actor: Actor, resource: string, { on, may, missing, everybody }: Act, audience: Audience): Verdict {
  if (everybody) return everybody;
  const refusal = atTheDoor(actor, audience);
  if (refusal) return refusal;
  if (on !== undefined && !readersOf(resource, on).includes(actor)) return 404;
  if (may.includes(actor)) return "allowed";
  return missing?.includes(actor) ? 404 : 403;
}

const actorsOf = <T>(answer: (actor: Actor) => T | Promise<T>): Promise<Record<Actor, T>> =>
  Promise.all(ACTORS.map(async (actor) => [actor, await answer(actor)] as const)).then(
    (entries) => Object.fromEntries(entries) as Record<Actor, T>,
  );

// No decision is kept, so every actor meets the same world; what a commit writes is tried all the same.
beforeAll(async () => {
  const always = { action: "fail", code: "40001", times: 1e9 } as const;
  await world.database.fault({ ...always, match: 'insert into "ops"."audit_events"' });
  await world.database.fault({ ...always, match: "ops\\.begin_commit" });
});

it("every route has a line in the matrix, and every line a route", () => {
  const routes = new Set(ROUTES.map(nameOf));
  const lines = Object.entries(MATRIX).flatMap(([resource, line]) => [
    ...(line.list ? [`${resource} list`] : []),
    ...(line.rows && !line.listedOnly ? [`${resource} get`] : []),
    ...Object.keys(line.acts ?? {}).map((verb) => `${resource} ${verb}`),
  ]);
  expect(ROUTES.filter((route) => !lineOf(route)).map(nameOf), "routes without a line").toEqual([]);
  expect(
    lines.filter((line) => !routes.has(line)),
    "lines without a route",
  ).toEqual([]);
  expect(ROUTES.length, "two routes of one name").toBe(routes.size);
});

describe("22.3.34: lists", () => {
  it.each(known((verb) => verb === "list"))("%s", async (_, { resource, path }) => {
    for (const { query, within } of MATRIX[resource]?.list ?? []) {
      const seen = await actorsOf(async (actor) => {
        const { status, body } = await world.call(actor, "GET", `${path}${search({ limit: "100", ...query?.(world.id) })}`);
        return status === 200 ? namesIn(world, body.data) : status;
      });
      expect(seen).toEqual(await actorsOf((actor) => listedTo(actor, resource, within)));
    }
  });
});

describe("22.3.34: single rows", () => {
  it.each(known((verb) => verb === "get"))("%s", async (_, { resource, path }) => {
    const { audience = "member", rows = {}, fields = {} } = MATRIX[resource] ?? {};
    for (const [name, readers] of Object.entries(rows)) {
      const answers = await actorsOf((actor) => world.call(actor, "GET", filled(path, { id: world.id(name) })));
      const got = await actorsOf((actor) => answers[actor].status);
      const due = await actorsOf((actor) => atTheDoor(actor, audience) ?? (readers.includes(actor) ? 200 : 404));
      expect({ [name]: got }).toEqual({ [name]: due });
      for (const [field, insiders] of Object.entries(fields[name] ?? {})) {
        const shown = ACTORS.filter((actor) => answers[actor].status === 200 && isShown(answers[actor].body.data[field]));
        expect({ [`${field} of ${name}`]: shown }).toEqual({ [`${field} of ${name}`]: ACTORS.filter((actor) => insiders.includes(actor)) });
      }
    }
  });

  it("a snapshot tells each recruiter their own roles and no other's", async () => {
    for (const [actor, roles] of Object.entries(ROLES_AT_HIRE) as [Actor, readonly string[]][]) {
      const { body } = await world.call(actor, "GET", `placement-snapshots/${world.id("placement")}`);
      expect(body.data.id).toBe(world.id("placement"));
      expect({ [actor]: body.data.roles.map(({ role }: { role: string }) => role).toSorted() }).toEqual({ [actor]: roles.toSorted() });
    }
  });
});

describe("22.3.34: acts", () => {
  it.each(known((verb) => verb !== "list" && verb !== "get"))("%s", async (_, { resource, verb, method, path, takesBody }) => {
    const { audience = "member", acts = {}, open } = MATRIX[resource] ?? {};
    for (const act of [acts[verb] ?? []].flat() as Act[]) {
      const values = { ...(act.on === undefined ? {} : { id: world.id(act.on) }), ...act.path?.(world.id) };
      const url = `${filled(path, values)}${act.query ? search(act.query(world.id)) : ""}`;
      const body = takesBody ? { body: act.body?.(world.id) ?? {} } : {};
      const got = await actorsOf(async (actor) => verdictOf((await world.call(actor, method, url, body)).status));
      const due = await actorsOf((actor) => expected(actor, resource, act, open?.[verb] ?? audience));
      expect({ [act.on ?? url]: got }).toEqual({ [act.on ?? url]: due });
    }
  });
});

describe("the order of checks (D-109)", () => {
  const HIDDEN = "00000000-0000-4000-8000-000000000001";
  const withId = ROUTES.filter(({ path }) => path.includes("{id}"));

  it("401 comes before the shape", async () => {
    for (const { method, path, takesBody, isPublic } of ROUTES) {
      const url = `${filled(path, { id: "no-uuid" })}?unheard_of=1`;
      const { status } = await world.call("anonymous", method, url, takesBody ? { body: { unheard_of: 1 } } : {});
      expect([method, path, status]).toEqual([method, path, isPublic ? 400 : 401]);
    }
  });

  it("the shape comes before the role: 400 for what cannot be read, 422 for a body against the rules", async () => {
    for (const { method, path, takesBody } of ROUTES.filter(isForPeople)) {
      const unread = await world.call("roleless", method, `${filled(path, { id: HIDDEN })}?unheard_of=1`, takesBody ? { body: {} } : {});
      expect([method, path, unread.status, unread.body.code]).toEqual([method, path, 400, "invalid_parameter"]);
      if (!takesBody) continue;
      const against = await world.call("roleless", method, filled(path, { id: HIDDEN }), { body: { unheard_of: 1 } });
      expect([method, path, against.status, against.body.code]).toEqual([method, path, 422, "validation_failed"]);
    }
  });

  it("the shape comes before visibility: a malformed id is 400, an unknown one 404", async () => {
    for (const { method, path, takesBody, resource, verb } of withId) {
      const body = takesBody ? { body: { unheard_of: 1 } } : {};
      expect([method, path, (await world.call("platformAdmin", method, filled(path, { id: "no-uuid" }), body)).status]).toEqual([
        method,
        path,
        400,
      ]);
      const act = [MATRIX[resource]?.acts?.[verb] ?? []].flat()[0] as Act | undefined;
      const url = `${filled(path, { id: HIDDEN })}${act?.query ? search(act.query(world.id)) : ""}`;
      expect([method, path, (await world.call("platformAdmin", method, url, body)).status]).toEqual([method, path, takesBody ? 422 : 404]);
      const valid = takesBody ? { body: act?.body?.(world.id) ?? {} } : {};
      expect([method, path, (await world.call("platformAdmin", method, url, valid)).status]).toEqual([method, path, 404]);
    }
  });

  it("visibility comes before permission, and permission before state", async () => {
    const hire = { body: { salary_cents: 10_000_000, start_date: "2026-12-01" } };
    const status = async (actor: Actor, row: string) =>
      (await world.call(actor, "POST", `applications/${world.id(row)}/hire`, hire)).status;
    expect(await status("rivalAdmin", "hired application")).toBe(404);
    expect(await status("hiringManager", "hired application")).toBe(403);
    expect(await status("companyAdmin", "hired application")).toBe(409);
  });
});
