import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { eq, sql } from "drizzle-orm";
import { vi } from "vitest";
import { accountPlans, apiKeys } from "#db/schema/api.ts";
import type { CredentialObject } from "#durable-objects/credential.ts";
import type { UsageMessage } from "#services/ports.ts";
import type { Marketplace, Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

type World = Pick<Marketplace, "db" | "env" | "recruiter" | "consume" | "sent">;

export interface Account extends Person {
  recruiterId: string;
}

/** The object of a key. */
export const ownerOf = (world: Pick<World, "env">, key: Pick<Key, "publicId">): DurableObjectStub<CredentialObject> =>
  world.env.CREDENTIALS.getByName(`key:${key.publicId.slice(0, 10)}`);

/**
 * Holds the Workers' clock five seconds into the next minute, so that no test sees a minute end by
 * itself. Never in the past: there an object's alarm would ring at once.
 */
export function holdClock(): Date {
  const now = new Date((Math.floor(Date.now() / 60_000) + 1) * 60_000 + 5_000);
  vi.useFakeTimers({ toFake: ["Date"], now });
  return now;
}

/** A recruiter whose account has this plan. */
export async function accountWith(world: World, plan: Partial<typeof accountPlans.$inferInsert>): Promise<Account> {
  const person = await world.recruiter("Partner");
  await world.db.writer.update(accountPlans).set(plan).where(eq(accountPlans.accountId, person.recruiterId));
  return person;
}

export const keyFor = (world: World, account: Account, fields: Parameters<typeof keyOf>[3] = {}): Promise<Key> =>
  keyOf(world, { id: account.recruiterId, roleType: "recruiter" }, account, fields);

/** Changes an account's plan as its verb does: every key is to be read again, and its object is told. */
export async function changePlan(
  world: World,
  account: Account,
  keys: readonly Key[],
  plan: Partial<typeof accountPlans.$inferInsert>,
): Promise<void> {
  await world.db.writer.update(accountPlans).set(plan).where(eq(accountPlans.accountId, account.recruiterId));
  for (const key of keys) {
    const [row] = await world.db.writer
      .update(apiKeys)
      .set({ version: sql`version + 1` })
      .where(eq(apiKeys.id, key.id))
      .returning({ version: apiKeys.version });
    await ownerOf(world, key).invalidate(row?.version ?? 0);
  }
}

/** Lets a minute pass and the object's alarm ring; what it sent. `fails`: the queue takes nothing. */
export async function alarmOf(world: Pick<World, "env">, key: Key, { fails = false } = {}): Promise<UsageMessage[]> {
  const messages: UsageMessage[] = [];
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  const stub = ownerOf(world, key);
  await runInDurableObject(stub, (object) => {
    const { USAGE } = (object as unknown as { env: { USAGE: Queue<UsageMessage> } }).env;
    vi.spyOn(USAGE, "send").mockImplementation((async (message: UsageMessage) => {
      if (fails) throw new Error("the queue is away");
      messages.push(structuredClone(message));
    }) as never);
  });
  try {
    await runDurableObjectAlarm(stub);
  } finally {
    vi.restoreAllMocks();
  }
  return messages;
}

/** Brings what a key used and what was logged to the tables. */
export async function settle(world: World, keys: readonly Key[]): Promise<void> {
  for (const key of keys) await world.consume("usage", await alarmOf(world, key));
  await world.consume("request-log", world.sent.requestLog.splice(0));
}
