import type { Database } from "#db/connection.ts";
import { events, webhookDeliveries } from "#db/schema/deliveries.ts";
import { outbox } from "#db/schema/ops.ts";
import { webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { newWebhookSecret } from "#domain/webhooks/sign.ts";
import { ROLE_TYPE_OF, type AccountKind } from "#domain/credentials/scopes.ts";
import { SUBSCRIBABLE_EVENTS } from "#domain/events/published.ts";
import { webhookSealOwner } from "#services/webhooks/secret.ts";
import { sealUnder } from "#workers/seal.ts";

/** A webhook endpoint as its owner holds it. */
export interface Endpoint {
  id: string;
  url: string;
  secret: string;
}

/** Ways to put webhook endpoints into a marketplace without asking anybody. */
export function endpointsOf(db: Database, kek: string) {
  const seal = sealUnder(kek);

  /** One more secret of an endpoint; the newest signs first. */
  async function secretOf(webhookId: string, fields: Partial<typeof webhookSecrets.$inferInsert> = {}): Promise<string> {
    const secret = newWebhookSecret(crypto.getRandomValues(new Uint8Array(32)));
    await db.writer.insert(webhookSecrets).values({
      keyId: crypto.randomUUID(),
      webhookId,
      secretEnc: await seal.seal(secret, webhookSealOwner(webhookId)),
      kekId: await seal.keyId(),
      ...fields,
    });
    return secret;
  }

  async function endpoint(
    url: string,
    account: { id: string; kind: AccountKind },
    owner: { userId: string },
    { headers, ...fields }: Partial<typeof webhooks.$inferInsert> & { headers?: Record<string, string> } = {},
  ): Promise<Endpoint> {
    const id = crypto.randomUUID();
    await db.writer.insert(webhooks).values({
      id,
      accountId: account.id,
      ownerUserId: owner.userId,
      roleType: ROLE_TYPE_OF[account.kind],
      url,
      eventTypes: [...SUBSCRIBABLE_EVENTS],
      status: "active",
      headersEnc: headers ? await seal.seal(JSON.stringify(headers), webhookSealOwner(id)) : null,
      ...fields,
    });
    return { id, url, secret: await secretOf(id) };
  }

  /** What an endpoint was sent and never took; the delivery's id. */
  async function deadDelivery(webhookId: string, accountId: string, owner: { userId: string }): Promise<string> {
    const [id, eventId, occurredAt] = [crypto.randomUUID(), crypto.randomUUID(), new Date()];
    await db.writer.insert(events).values({
      id: eventId,
      outboxId: crypto.randomUUID(),
      ownerUserId: owner.userId,
      accountId,
      type: "role.created",
      entityType: "role",
      entityId: crypto.randomUUID(),
      sequence: 1,
      apiVersion: "v1",
      payloadText: "{}",
      occurredAt,
    });
    const sent = { eventId, eventAt: occurredAt, eventType: "role.created", webhookId, accountId };
    await db.writer.insert(webhookDeliveries).values({ ...sent, id, status: "dead", completedAt: occurredAt });
    return id;
  }

  return { endpoint, secretOf, deadDelivery };
}

/** Core events as a commit leaves them, for the next sweep of the outbox to bring. */
export async function announce(
  db: Database,
  events: readonly { type: string; subject: { type: string; id: string }; payload: Record<string, unknown> }[],
): Promise<string[]> {
  const rows = events.map(({ type, subject, payload }) => ({
    id: crypto.randomUUID(),
    eventType: type,
    occurredAt: new Date(),
    subjectType: subject.type,
    subjectId: subject.id,
    payload,
    claimedUntil: new Date(0),
  }));
  await db.writer.insert(outbox).values(rows);
  return rows.map(({ id }) => id);
}
