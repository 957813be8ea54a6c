import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { oauthGrants } from "#db/schema/api.ts";
import { applications, intakeRequests, jobs } from "#db/schema/ats.ts";
import { events, webhookDeliveries } from "#db/schema/deliveries.ts";
import { memberships, users } from "#db/schema/identity.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import type { AccountKind } from "#domain/credentials/scopes.ts";
import { ROLE_TYPE_OF } from "#domain/credentials/scopes.ts";
import { type Marketplace, marketplace, type Person } from "../api.ts";
import { hires } from "../api/hires.ts";
import { announce, type Endpoint, endpointsOf } from "../endpoints.ts";
import { clientOf } from "./clients.ts";
import { type Key, keyOf } from "./keys.ts";

// DESIGN R-24: an event goes only to endpoints whose owner may read the object, with amounts limited to the receiver's share.

/** Somebody with an endpoint that asked for everything, and a key of the same account that may read everything of theirs. */
interface Listener {
  name: string;
  endpoint: Endpoint;
  key: Key;
  owner: Person;
}

let world: Marketplace;
let endpoint: ReturnType<typeof endpointsOf>["endpoint"];
let listeners: Listener[];
let closer: Person & { recruiterId: string };
let jobId: string;
let placementId: string;
let applicationId: string;
let ip = 0;

/** Brings every event to its subscribers, and leaves the deliveries where they are. */
async function told(): Promise<void> {
  while (world.sent.events.length > 0) await world.consume("events", [{ event_ids: world.sent.events.splice(0) }]);
}

async function listener(name: string, kind: AccountKind, id: string, owner: Person): Promise<Listener> {
  const key = await keyOf(world, { id, roleType: ROLE_TYPE_OF[kind] }, owner);
  return { name, endpoint: await endpoint("https://hooks.example.com/", { id, kind }, owner), key, owner };
}

const read = (key: Key, path: string) =>
  world.call("GET", `/api/v1${path}`, { as: key, headers: { "cf-connecting-ip": `198.51.100.${++ip % 250}` } });

const heardBy = ({ endpoint: { id } }: { endpoint: Endpoint }) =>
  world.db.writer
    .select({ event: events, delivery: webhookDeliveries })
    .from(webhookDeliveries)
    .innerJoin(events, eq(events.id, webhookDeliveries.eventId))
    .where(eq(webhookDeliveries.webhookId, id));

const typesOf = async (of: { endpoint: Endpoint }): Promise<string[]> => (await heardBy(of)).map(({ event }) => event.type).toSorted();

beforeAll(async () => {
  world = await marketplace();
  ({ endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT));
  const { offer, hire, placementsOf, money } = hires(world);
  const [acme, others] = [await world.company("Acme"), await world.company("Others")];
  const [boss, rival, admin] = [await world.member(acme), await world.member(others), await world.platformAdmin()];
  const owner = await world.recruiter("Owner");
  const stranger = await world.recruiter("Stranger");
  closer = await world.recruiter("Closer");
  listeners = [
    await listener("the company", "company", acme.id, boss),
    await listener("another company", "company", others.id, rival),
    await listener("the recruiter who closes", "recruiter", closer.recruiterId, closer),
    await listener("the job's owner", "recruiter", owner.recruiterId, owner),
    await listener("a recruiter without a part", "recruiter", stranger.recruiterId, stranger),
    await listener("a platform admin", "platform", admin.userId, admin),
  ];
  const made = await offer({ company: acme, recruiters: { candidate_recruiter: closer, job_owner: owner } });
  ({ jobId, applicationId } = made);
  const answer = await hire(boss, made);
  expect(answer.status).toBe(200);
  placementId = (await placementsOf(applicationId))[0]?.id ?? "";
  const { transactions } = await money(placementId);
  expect(transactions.length).toBeGreaterThanOrEqual(2);
  const paid = await announce(
    world.db,
    transactions.map((row) => ({
      type: "payout.processed",
      subject: { type: "payout_transaction", id: row.id },
      payload: {
        transaction_id: row.id,
        placement_id: placementId,
        recruiter_id: row.recruiterId,
        role: "x",
        amount_cents: row.amount,
        net_cents: row.amount,
      },
    })),
  );
  const [intake] = await world.db.writer
    .insert(intakeRequests)
    .values({ companyId: acme.id, source: "white_label", fields: { title: "Chef" } })
    .returning();
  const { id: intakeId, createdAt } = intake!;
  const handedIn = await announce(world.db, [
    {
      type: "intake.submitted",
      subject: { type: "intake_request", id: intakeId },
      payload: { intake_request_id: intakeId, company_id: acme.id, source: "white_label", submitted_at: createdAt.toISOString() },
    },
  ]);
  world.sent.events.push(...paid, ...handedIn);
  expect((await world.call("PATCH", `jobs/${jobId}`, { as: boss, body: { title: "Chef" } })).status).toBe(200);
  await told();
}, 60_000);

const PATHS: Readonly<Record<string, string>> = {
  role: "/roles",
  submission: "/submissions",
  placement: "/placements",
  payout: "/payouts",
  intake_request: "/intake-requests",
};

describe("an event", () => {
  it("goes to exactly those endpoints whose owner may read its object over the API", async () => {
    const { rows } = await world.db.writer.execute<{ type: string; entity_type: string; entity_id: string }>(
      sql`select distinct type, entity_type, entity_id from api.events where entity_type <> 'webhook'`,
    );
    expect([...new Set(rows.map(({ type }) => type))].toSorted()).toEqual([
      "application.stage_changed",
      "intake.submitted",
      "payout.processed",
      "placement.created",
      "role.updated",
    ]);
    const [expected, heard] = [[] as string[], [] as string[]];
    for (const each of listeners) {
      const got = new Set((await heardBy(each)).map(({ event }) => `${event.type} ${event.entityId}`));
      for (const { type, entity_type: entity, entity_id: id } of rows) {
        const { status } = await read(each.key, `${PATHS[entity]}/${id}`);
        // a platform admin reads what was handed in, and is not told of it (PLATFORM §13.2)
        const unheard = type === "intake.submitted" && each.name === "a platform admin";
        if (status === 200 && !unheard) expected.push(`${each.name}: ${type} ${id}`);
        if (got.has(`${type} ${id}`)) heard.push(`${each.name}: ${type} ${id}`);
      }
    }
    expect(heard).toEqual(expected);
    const silent = listeners.filter(({ name }) => name === "another company");
    for (const each of silent) expect((await typesOf(each)).filter((type) => type !== "role.updated")).toEqual([]);
  });

  it("of a payout tells its payee's share, and nobody else's", async () => {
    for (const each of listeners) {
      for (const { event } of (await heardBy(each)).filter(({ event: { type } }) => type === "payout.processed")) {
        const { data } = (await read(each.key, `/payouts/${event.entityId}`)).body;
        expect(JSON.parse(event.payloadText).data).toEqual({
          payout_id: data.id,
          placement_id: placementId,
          amount_cents: data.amount_cents,
          currency: "usd",
        });
        if (each.name !== "a platform admin") expect(data.recruiter_id).toBe((each.owner as typeof closer).recruiterId);
      }
    }
    expect(await typesOf(listeners[0]!)).not.toContain("payout.processed");
    expect(await typesOf(listeners[2]!)).toContain("payout.processed");
  });

  it("is one row for each owner, whose sequence is the entity's version", async () => {
    const admin = listeners.at(-1)!;
    const second = await endpoint("https://more.example.com/", { id: admin.owner.userId, kind: "platform" }, admin.owner, {
      eventTypes: ["role.updated"],
    });
    const boss = listeners[0]!.owner;
    const answer = await world.call("PATCH", `jobs/${jobId}`, { as: boss, body: { title: "Head chef" } });
    await told();
    const [{ delivery, event } = {} as never, ...more] = await heardBy({ endpoint: second });
    expect(more).toEqual([]);
    expect(event.sequence).toBe(answer.body.data.version);
    const same = (await heardBy(admin)).find(({ delivery: { eventId } }) => eventId === delivery.eventId);
    expect(same?.event).toEqual(event);
  });

  it("told twice is there once", async () => {
    const before = await world.db.writer.select().from(webhookDeliveries);
    await world.db.writer.execute(sql`update ops.outbox set handled_at = null`);
    const { rows } = await world.db.writer.execute<{ id: string }>(sql`select id from ops.outbox`);
    await world.db.writer.execute(sql`delete from ops.event_handled where subscriber = 'webhooks'`);
    await world.consume("events", [{ event_ids: rows.map(({ id }) => id) }]);
    expect((await world.db.writer.select().from(webhookDeliveries)).length).toBe(before.length);
  });
});

describe("an endpoint", () => {
  /** A recruiter's endpoint, and a change of a job that everybody may read. */
  async function heard(fields: Parameters<typeof endpoint>[3], recruiter?: Person & { recruiterId: string }) {
    const person = recruiter ?? (await world.recruiter("Listening"));
    const made = await endpoint("https://hooks.example.com/", { id: person.recruiterId, kind: "recruiter" }, person, {
      eventTypes: ["role.updated"],
      ...fields,
    });
    await world.db.writer.update(jobs).set({ status: "active" }).where(eq(jobs.id, jobId));
    await world.call("PATCH", `jobs/${jobId}`, { as: listeners[0]!.owner, body: { department: `Kitchen ${crypto.randomUUID()}` } });
    await told();
    return (await heardBy({ endpoint: made })).map(({ delivery }) => [delivery.status, delivery.lastErrorClass]);
  }

  /** The id of a grant of these scopes. */
  async function grantOf(person: Person & { recruiterId: string }, fields: Partial<typeof oauthGrants.$inferInsert>): Promise<string> {
    const client = await clientOf(world, person.recruiterId, person);
    const [row] = await world.db.writer
      .insert(oauthGrants)
      .values({
        publicId: crypto.randomUUID().slice(0, 16),
        clientId: client.id,
        userId: person.userId,
        accountId: person.recruiterId,
        scopes: [],
        ...fields,
      })
      .returning({ id: oauthGrants.id });
    return row?.id ?? "";
  }

  it("that asked for the type hears it; one that did not, or was not verified, does not", async () => {
    expect(await heard({})).toEqual([["pending", null]]);
    expect(await heard({ eventTypes: ["role.created"] })).toEqual([]);
    expect(await heard({ status: "unverified" })).toEqual([]);
  });

  it("that is disabled is told of it for 30 days", async () => {
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
    expect(await heard({ status: "disabled", disabledReason: "owner", disabledAt: ago(29) })).toEqual([["skipped", "endpoint_disabled"]]);
    expect(await heard({ status: "disabled", disabledReason: "owner", disabledAt: ago(31) })).toEqual([]);
  });

  it("that was made through a grant lives by its scopes", async () => {
    const person = await world.recruiter("Granted");
    const scopes = ["read:roles", "manage:webhooks"] as const;
    expect(await heard({ createdVia: await grantOf(person, { scopes: [...scopes] }) }, person)).toEqual([["pending", null]]);
    expect(await heard({ createdVia: await grantOf(person, { scopes: ["manage:webhooks"] }) }, person)).toEqual([
      ["skipped", "scope_lost"],
    ]);
    expect(await heard({ createdVia: await grantOf(person, { scopes: [...scopes], status: "revoked" }) }, person)).toEqual([
      ["skipped", "scope_lost"],
    ]);
  });

  it("of somebody who left, or whose account is suspended, hears nothing", async () => {
    const gone = await world.recruiter("Gone");
    await world.db.writer.update(users).set({ status: "deactivated" }).where(eq(users.id, gone.userId));
    expect(await heard({}, gone)).toEqual([]);

    const company = await world.company("Left");
    const leaver = await world.member(company);
    const made = await endpoint("https://hooks.example.com/", { id: company.id, kind: "company" }, leaver, {
      eventTypes: ["role.updated"],
    });
    await world.db.writer.update(memberships).set({ deletedAt: new Date() }).where(eq(memberships.userId, leaver.userId));
    const [job] = await world.db.writer.insert(jobs).values({ companyId: company.id, title: "Cook" }).returning({ id: jobs.id });
    const payload = { job_id: job?.id, company_id: company.id, updated_fields: ["title"] };
    world.sent.events.push(...(await announce(world.db, [{ type: "job.updated", subject: { type: "job", id: job?.id ?? "" }, payload }])));
    await told();
    expect(await heardBy({ endpoint: made })).toEqual([]);
  });
});

it("a withdrawal tells the stage it left and which side did it, beside the change of stage", async () => {
  const company = await world.company("Withdrawn");
  const boss = await world.member(company);
  const hearing = await listener("the company", "company", company.id, boss);
  const { offer } = hires(world);
  const candidate = await world.candidate("Leaving");
  const { applicationId: left } = await offer({ company, candidateId: candidate.candidateId });
  expect((await world.call("POST", `applications/${left}/withdraw`, { as: candidate, body: {} })).status).toBe(200);
  await told();
  const said = (await heardBy(hearing)).map(({ event }) => JSON.parse(event.payloadText)).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  expect(said.map(({ type, data }) => [type, data])).toMatchObject([
    ["application.stage_changed", { application_id: left, old_stage: "offer", new_stage: "withdrawn" }],
    ["application.withdrawn", { application_id: left, old_stage: "offer", withdrawn_by: "candidate" }],
  ]);
  const [row] = await world.db.writer.select().from(applications).where(eq(applications.id, left));
  expect(new Set(said.map(({ sequence }) => sequence))).toEqual(new Set([row?.version]));
  expect(await world.db.writer.select().from(webhooks).where(eq(webhooks.id, hearing.endpoint.id))).toMatchObject([{ version: 1 }]);
});
