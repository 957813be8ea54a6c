import { randomBytes } from "node:crypto";
import pg from "pg";
import { hashToken, importMacKeys, mintToken, newRandom } from "#domain/credentials/token.ts";

/** Enough that no run meets its limit. */
const LIMIT = 1_000_000;
const CALLS = 300;

/** Puts an approved key of a company into the database, and gives it as a partner holds it. */
export async function partnerKey({
  url,
  company,
  user,
  macKey,
}: {
  url: string;
  company: string;
  user: string;
  macKey: Buffer;
}): Promise<string> {
  const random = (count: number) => new Uint8Array(randomBytes(count));
  const token = await mintToken(await importMacKeys([macKey]), "snk", "test", newRandom(random), random);
  const client = new pg.Client(url);
  await client.connect();
  await client.query("update api.account_plans set plan = 'enterprise', custom_limit = $2 where account_id = $1", [company, LIMIT]);
  await client.query(
    `insert into api.api_keys (public_id, account_id, user_id, role_type, name, env, secret_hash, last4, scopes, status)
     values ($1, $2, $3, 'company', 'Bench', 'test', $4, $5, '{read:roles}', 'active')`,
    [token.publicId, company, user, await hashToken(token.text), token.text.slice(-4)],
  );
  await client.end();
  return token.text;
}

/**
 * What the limiter adds to a request, asked one after another in turns with the same list without it,
 * in milliseconds.
 */
export async function limiterOverhead(
  limited: () => Promise<Response>,
  unlimited: () => Promise<Response>,
): Promise<{ p50: number; p99: number }> {
  const times = { limited: [] as number[], unlimited: [] as number[] };
  const timed = async (ask: () => Promise<Response>, into: number[]) => {
    const began = performance.now();
    const response = await ask();
    await response.text();
    if (!response.ok) throw new Error(`${response.status}`);
    into.push(performance.now() - began);
  };
  for (let call = 0; call < CALLS; call++) {
    await timed(limited, times.limited);
    await timed(unlimited, times.unlimited);
  }
  const at = (all: number[], share: number) => all.toSorted((a, b) => a - b)[Math.floor(all.length * share)] ?? 0;
  const difference = (share: number) => Number((at(times.limited, share) - at(times.unlimited, share)).toFixed(2));
  return { p50: difference(0.5), p99: difference(0.99) };
}
