import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import type { Need } from "#services/context.ts";
import { registerV1 } from "#workers/api/v1/app.ts";
import { type ListOperation, v1Contracts } from "#workers/api/v1/operation.ts";
import { filled, namesIn } from "../access/routes.ts";
import { type AccessWorld, accessWorld, type Actor } from "../access/world.ts";
import type { Answer, CallOptions, Person } from "../api.ts";
import { type Account, ACCOUNTS, LACKS, type Line, MATRIX } from "./matrix.ts";
import { type Key, keyOf } from "./keys.ts";

let world: AccessWorld;
let accounts: Record<Account, { id: string; roleType: "company" | "recruiter" | "admin"; holder: Exclude<Actor, "anonymous"> }>;
let keys: Record<Account, Key>;
let calls = 0;

const HIDDEN = "00000000-0000-4000-8000-000000000001";

registerV1();
const ROUTES = v1Contracts("").map((route) => ({
  name: `${route.method} ${route.path}`,
  method: route.method.toUpperCase(),
  path: route.path,
  need: (route as unknown as { "x-need": Need })["x-need"],
}));
const known = ROUTES.filter(({ name }) => MATRIX[name]);
const lineOf = (name: string): Line => MATRIX[name] as Line;

beforeAll(async () => {
  world = await accessWorld();
  const { people, acme, rival, id } = world;
  accounts = {
    company: { id: acme.id, roleType: "company", holder: "companyAdmin" },
    manager: { id: acme.id, roleType: "company", holder: "hiringManager" },
    rival: { id: rival.id, roleType: "company", holder: "rivalAdmin" },
    recruiter: { id: people.candidateRecruiter.recruiterId, roleType: "recruiter", holder: "candidateRecruiter" },
    otherRecruiter: { id: people.otherRecruiter.recruiterId, roleType: "recruiter", holder: "otherRecruiter" },
    team: { id: id("team"), roleType: "recruiter", holder: "teamOwner" },
    platform: { id: people.platformAdmin.userId, roleType: "admin", holder: "platformAdmin" },
  };
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
  keys = Object.fromEntries(
    await Promise.all(ACCOUNTS.map(async (name) => [name, await keyOf(world, accounts[name], people[accounts[name].holder])] as const)),
  ) as typeof keys;
  // no decision is kept, so that everybody meets the same world
  const always = { action: "fail", code: "40001", times: 1e9 } as const;
  await world.database.fault({ ...always, match: "ops\\.begin_commit" });
});

/** One request by somebody, from an address of their own. */
const as = (who: { token: string } | undefined, method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  world.call("anonymous", method, `/api/v1${path}`, {
    ...options,
    headers: {
      ...(who ? { authorization: `Bearer ${who.token}` } : {}),
      "cf-connecting-ip": `192.0.2.${++calls % 250}`,
      ...options.headers,
    },
  });

const inSession = (person: Person, account: string | null): [{ token: string }, CallOptions] => [
  person,
  account === null ? {} : { headers: { "x-account-id": account } },
];

/** The scope by which a key meets a need; a session may meet it by itself. */
const scopeIn = (need: string): string | undefined => SCOPES.find((scope) => need === scope || need === `${scope} or session`);
/** `read:audit` comes with an enterprise plan, which nobody here has; the platform holds every scope. */
const mayHold = (account: Account, scope: string): boolean => (scope === "read:audit" ? account === "platform" : !lacks(account, scope));

/** Every way to come within an account: its key, and its holder's session that names it. */
const WAYS = [
  ["a key", (account: Account): [{ token: string }, CallOptions] => [keys[account], {}]],
  [
    "a session",
    (account: Account): [{ token: string }, CallOptions] => inSession(world.people[accounts[account].holder], accounts[account].id),
  ],
] as const;

/** Done, or refused by nothing but the state of the row, or by the fault that keeps the world as it is. */
const verdictOf = ({ status, body }: Answer): string => ([200, 201, 409, 410, 422].includes(status) ? "allowed" : `${status} ${body.code}`);

const byAccount = <T>(answer: (account: Account) => T | Promise<T>): Promise<Record<Account, T>> =>
  Promise.all(ACCOUNTS.map(async (account) => [account, await answer(account)] as const)).then(
    (entries) => Object.fromEntries(entries) as Record<Account, T>,
  );

const lacks = (account: Account, need: string): boolean => LACKS[account].includes(need);

it("every route has a line in the matrix that says what it needs, and every line a route", () => {
  expect(Object.fromEntries(ROUTES.map(({ name, need }) => [name, need]))).toEqual(
    Object.fromEntries(Object.entries(MATRIX).map(([name, { need }]) => [name, need])),
  );
});

it("a route that does not say what it needs is none", () => {
  const needs: readonly string[] = [...SCOPES, "any", "session", "admin session", "read:audit or session"];
  expect(ROUTES.filter(({ need }) => !needs.includes(need))).toEqual([]);
  // @ts-expect-error it does not compile either
  const undeclared: Pick<ListOperation<object, Record<string, unknown>>, "path" | "need"> = { path: "/secrets" };
  expect(undeclared).not.toHaveProperty("need");
});

describe.each(WAYS)("with %s", (way, by) => {
  it.each(known.filter(({ name }) => lineOf(name).answers))("$name answers whom it should", async ({ name, method, path, need }) => {
    const { body, to } = lineOf(name).answers ?? { to: [] };
    const got = await byAccount(async (account) => {
      const [who, options] = by(account);
      return verdictOf(await as(who, method, urlOf(path), { ...options, ...(body ? { body } : {}) }));
    });
    const due = await byAccount((account) => {
      const scope = scopeIn(need);
      if (way === "a key" && scope === undefined && need !== "any") return "403 role_type_not_permitted";
      if (way === "a key" && scope !== undefined && !mayHold(account, scope)) return "403 insufficient_scope";
      if (!to.includes(account)) return "403 role_type_not_permitted";
      return path.includes("{") ? "404 not_found" : "allowed";
    });
    expect(got).toEqual(due);
  });

  it.each(known.filter(({ name, path }) => lineOf(name).rows && !path.includes("{")))(
    "$name lists what is the account's",
    async ({ name, path, need }) => {
      const seen = await byAccount(async (account) => {
        const [who, options] = by(account);
        const answer = await as(who, "GET", `${path}?limit=100`, options);
        return answer.status === 200 ? namesIn(world as never, answer.body.data) : verdictOf(answer);
      });
      expect(seen).toEqual(
        await byAccount((account) =>
          lacks(account, need)
            ? "403 insufficient_scope"
            : Object.entries(lineOf(name).rows ?? {})
                .filter(([, readers]) => readers.includes(account))
                .map(([row]) => row)
                .toSorted(),
        ),
      );
    },
  );

  it.each(known.filter(({ name, path }) => lineOf(name).rows && path.includes("{")))(
    "$name reads what is the account's",
    async ({ name, path, need }) => {
      for (const [row, readers] of Object.entries(lineOf(name).rows ?? {})) {
        const got = await byAccount(async (account) => {
          const [who, options] = by(account);
          return verdictOf(await as(who, "GET", filled(path, { id: world.id(row) }), options));
        });
        const due = await byAccount((account) =>
          lacks(account, need) ? "403 insufficient_scope" : readers.includes(account) ? "allowed" : "404 not_found",
        );
        expect({ [row]: got }).toEqual({ [row]: due });
      }
    },
  );

  it.each(known.filter(({ name }) => lineOf(name).acts))("$name changes what is the account's", async ({ name, method, path, need }) => {
    for (const act of lineOf(name).acts ?? []) {
      const url = filled(path, act.on === undefined ? {} : { id: world.id(act.on) });
      const got = await byAccount(async (account) => {
        const [who, options] = by(account);
        return verdictOf(await as(who, method, url, { ...options, body: act.body(world.id) })).replace(/^403 (?!insufficient).*/, "403");
      });
      const due = await byAccount((account) => {
        if (lacks(account, need)) return "403 insufficient_scope";
        if (act.hidden?.includes(account)) return "404 not_found";
        return act.may.includes(account) ? "allowed" : "403";
      });
      expect({ [act.on ?? url]: got }).toEqual({ [act.on ?? url]: due });
    }
  });
});

const urlOf = (path: string) => filled(path, { id: HIDDEN, account_id: HIDDEN });

describe("at the door", () => {
  const bodyOf = (name: string): CallOptions => {
    const { acts = [], answers } = lineOf(name);
    return acts[0] ? { body: acts[0].body(world.id) } : answers?.body ? { body: answers.body } : {};
  };

  it.each(known)("$name is not for strangers", async ({ name, method, path }) => {
    const { people } = world;
    const ask = async (who: { token: string } | undefined, headers: Record<string, string> = {}) =>
      verdictOf(await as(who, method, urlOf(path), { ...bodyOf(name), headers }));
    const withoutAccount = lineOf(name).everybody ? "allowed" : "403 role_type_not_permitted";
    expect({
      nobody: await ask(undefined),
      candidate: await ask(people.candidate),
      roleless: await ask(people.roleless),
      "somebody of two accounts who names none": await ask(people.companyAdmin),
      "somebody who names another's account": await ask(people.rivalAdmin, { "x-account-id": world.acme.id }),
      "somebody who names what is no account": await ask(people.rivalAdmin, { "x-account-id": HIDDEN }),
    }).toEqual({
      nobody: "401 missing_credential",
      candidate: withoutAccount,
      roleless: withoutAccount,
      "somebody of two accounts who names none": "400 invalid_parameter",
      "somebody who names another's account": "403 forbidden",
      "somebody who names what is no account": "403 forbidden",
    });
  });

  it.each(known.filter(({ need }) => scopeIn(need)))(
    "$name needs its scope, whatever else the key holds",
    async ({ name, method, path, need }) => {
      const scope = scopeIn(need);
      const others = SCOPES.filter((other) => other !== scope);
      const got = await byAccount(async (account) => {
        const key = await keyOf(world, accounts[account], world.people[accounts[account].holder], { scopes: others });
        const answer = await as(key, method, urlOf(path), bodyOf(name));
        return [verdictOf(answer), answer.body.needed];
      });
      expect(got).toEqual(await byAccount(() => ["403 insufficient_scope", [scope]]));
    },
  );

  it("a key of somebody who left the account opens nothing", async () => {
    const person = await world.person("Leaver");
    const key = await keyOf(world, accounts.company, person);
    expect(verdictOf(await as(key, "GET", "/roles"))).toBe("403 role_type_not_permitted");
  });

  it("a key of a suspended account, and its sessions, open nothing", async () => {
    const company = await world.company("Suspended");
    const admin = await world.member(company);
    const key = await keyOf(world, { id: company.id, roleType: "company" }, admin);
    expect(verdictOf(await as(key, "GET", "/roles"))).toBe("allowed");
    await world.db.writer.execute(sql`update api.accounts set status = 'suspended' where id = ${company.id}`);
    expect(verdictOf(await as(key, "GET", "/roles"))).toBe("403 credential_suspended"); // though its object knows nothing of it yet
    expect(verdictOf(await as(admin, "GET", "/roles"))).toBe("403 credential_suspended");
  });

  it("a key of a company that was removed opens nothing", async () => {
    const company = await world.company("Removed");
    const key = await keyOf(world, { id: company.id, roleType: "company" }, await world.member(company));
    await world.db.writer.execute(sql`update ats.companies set deleted_at = now() where id = ${company.id}`);
    expect(verdictOf(await as(key, "GET", "/roles"))).toBe("403 role_type_not_permitted");
  });

  it("a key of a deactivated person is revoked", async () => {
    const company = await world.company("Left");
    const admin = await world.member(company);
    const key = await keyOf(world, { id: company.id, roleType: "company" }, admin);
    expect(verdictOf(await as(key, "GET", "/roles"))).toBe("allowed");
    await world.db.writer.execute(sql`update identity.users set status = 'deactivated' where id = ${admin.userId}`);
    expect(verdictOf(await as(key, "GET", "/roles"))).toBe("401 revoked_credential");
  });
});

describe("a person of two accounts", () => {
  /** A recruiter who is also the admin of Acme. */
  async function both() {
    const { people, acme } = world;
    const person = people.candidateRecruiter;
    await world.db.writer.execute(
      sql`insert into identity.memberships (user_id, role_name, organization_id) values (${person.userId}, 'company_admin', ${acme.organizationId}) on conflict do nothing`,
    );
    return {
      person,
      company: await keyOf(world, accounts.company, person),
      recruiter: await keyOf(world, accounts.recruiter, person),
    };
  }

  it("reads with each account's key what is that account's, and nothing of the other", async () => {
    const { person, company, recruiter } = await both();
    const rows = async (who: { token: string }, path: string, headers: Record<string, string> = {}) =>
      namesIn(world as never, (await as(who, "GET", `${path}?limit=100`, { headers })).body.data);
    const mine = (account: Account, line: string) =>
      Object.entries(lineOf(line).rows ?? {})
        .filter(([, readers]) => readers.includes(account))
        .map(([row]) => row)
        .toSorted();
    for (const path of ["/submissions", "/candidates", "/roles"]) {
      expect(await rows(company, path)).toEqual(mine("company", `get ${path}`));
      expect(await rows(recruiter, path)).toEqual(mine("recruiter", `get ${path}`));
      expect(await rows(person, path, { "x-account-id": accounts.company.id })).toEqual(mine("company", `get ${path}`));
      expect(await rows(person, path, { "x-account-id": accounts.recruiter.id })).toEqual(mine("recruiter", `get ${path}`));
    }
    const reached = `/submissions/${world.id("reached application")}`;
    const [theirs, ours] = [(await as(company, "GET", reached)).body.data, (await as(recruiter, "GET", reached)).body.data];
    expect([theirs.internal_notes, theirs.recruiter_notes, ours.recruiter_notes, ours.internal_notes]).toEqual([
      "Perhaps",
      undefined,
      "Shy",
      undefined,
    ]);
    const placement = `/placements/${world.id("placement")}`;
    expect((await as(company, "GET", placement)).body.data).not.toHaveProperty("own_shares");
    expect((await as(recruiter, "GET", placement)).body.data).not.toHaveProperty("placement_fee_cents");
  });

  it("of whom one is a team: the team's payouts are read by its own account", async () => {
    const { teamOwner } = world.people;
    const own = await keyOf(world, { id: teamOwner.recruiterId, roleType: "recruiter" }, teamOwner);
    const rows = async (who: Key) => namesIn(world as never, (await as(who, "GET", "/payouts")).body.data);
    expect(await rows(keys.team)).toEqual(["payout job_owner"]);
    expect(await rows(own)).toEqual([]);
  });
});
