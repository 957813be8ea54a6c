import { and, eq, inArray, isNotNull, ne, type SQL } from "drizzle-orm";
import { siemDestinations, webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { select, updateOf } from "#db/statements.ts";
import type { Context, Statement } from "../context.ts";
import { siemSealOwner } from "../siem/siem-destination.ts";
import { ROWS_A_STEP } from "../upkeep/sweep.ts";
import { webhookSealOwner } from "./secret.ts";

/**
 * Seals under the newest key what still lies under an older one: secrets of endpoints, the headers beside them, and
 * where logs are pushed to. What is changed meanwhile stays as it was made. Once nothing is found, the older key can go.
 */
export async function resealSecrets(ctx: Context): Promise<void> {
  const kekId = await ctx.ports.seal.keyId();
  const [secrets, destinations] = await ctx.read(
    select().from(webhookSecrets).where(ne(webhookSecrets.kekId, kekId)).orderBy(webhookSecrets.keyId).limit(ROWS_A_STEP),
    select().from(siemDestinations).where(ne(siemDestinations.kekId, kekId)).orderBy(siemDestinations.id).limit(ROWS_A_STEP),
  );
  if (secrets.length + destinations.length === 0) return;
  const owners = [...new Set(secrets.map(({ webhookId }) => webhookId))];
  const [endpoints] = await ctx.read(
    select({ id: webhooks.id, headersEnc: webhooks.headersEnc })
      .from(webhooks)
      .where(and(owners.length > 0 ? inArray(webhooks.id, owners) : neverSo, isNotNull(webhooks.headersEnc))),
  );
  const newSecrets = await resealed(ctx, secrets, ({ webhookId, secretEnc }) => [secretEnc, webhookSealOwner(webhookId)]);
  const newHeaders = await resealed(ctx, endpoints, ({ id, headersEnc }) => [headersEnc ?? "", webhookSealOwner(id)]);
  const newConfigs = await resealed(ctx, destinations, ({ id, configEnc }) => [configEnc, siemSealOwner(id)]);
  const writes: Statement[] = [
    ...newHeaders.map(({ of, sealed }) =>
      rewritten(webhooks, { headersEnc: sealed }, and(eq(webhooks.id, of.id), eq(webhooks.headersEnc, of.headersEnc ?? ""))),
    ),
    ...newSecrets.map(({ of, sealed }) =>
      rewritten(
        webhookSecrets,
        { secretEnc: sealed, kekId },
        and(eq(webhookSecrets.keyId, of.keyId), eq(webhookSecrets.secretEnc, of.secretEnc)),
      ),
    ),
    ...newConfigs.map(({ of, sealed }) =>
      rewritten(
        siemDestinations,
        { configEnc: sealed, kekId },
        and(eq(siemDestinations.id, of.id), eq(siemDestinations.configEnc, of.configEnc)),
      ),
    ),
  ];
  await ctx.database.writer.batch(writes as never);
}

const neverSo = eq(webhooks.id, "00000000-0000-0000-0000-000000000000");

type Table = typeof webhooks | typeof webhookSecrets | typeof siemDestinations;

const rewritten = (table: Table, fields: Record<string, string>, where: SQL | undefined): Statement =>
  updateOf(table)
    .set(fields as never)
    .where(where) as Statement;

/** Each row with its secret under the newest key. */
const resealed = <Row>(ctx: Context, rows: readonly Row[], secretOf: (row: Row) => readonly [sealed: string, owner: string]) =>
  Promise.all(
    rows.map(async (row) => {
      const [old, owner] = secretOf(row);
      const opened = await ctx.ports.seal.open(old, owner);
      if (opened === null) throw new Error("A secret lies under a key that is gone");
      return { of: row, sealed: await ctx.ports.seal.seal(opened, owner) };
    }),
  );
