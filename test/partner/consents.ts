import { challengeOf } from "#domain/oauth/pkce.ts";
import { Context } from "#services/context.ts";
import { authorize } from "#services/oauth/authorize.ts";
import { type Env, portsOf } from "#workers/runtime.ts";
import type { Database } from "#db/connection.ts";
import type { Person } from "../people.ts";
import type { Client } from "./clients.ts";

/** The pair of RFC 7636, appendix B. */
export const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
export const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** A marketplace in which somebody can agree to something. */
interface Ground {
  db: Database;
  env: Pick<Env, "ENVIRONMENT" | "CREDENTIAL_MAC_KEYS" | "KEK_CURRENT" | "LINK_KEY" | "API_ORIGIN">;
}

/** The address a person comes back to the client with, having agreed for an account. */
export async function consented(
  world: Ground,
  person: Person,
  accountId: string,
  client: Client,
  asked: { scope?: string; state?: string; verifier?: string } = {},
): Promise<URL> {
  const parameters = new URLSearchParams({
    client_id: client.clientId,
    response_type: "code",
    redirect_uri: client.redirectUri,
    code_challenge: await challengeOf(asked.verifier ?? VERIFIER),
    code_challenge_method: "S256",
    ...(asked.scope === undefined ? {} : { scope: asked.scope }),
    ...(asked.state === undefined ? {} : { state: asked.state }),
  });
  const result = await authorize(contextOf(world, person), parameters, {
    answer: { accountId },
    accountId: null,
    issuer: world.env.API_ORIGIN,
  });
  if (result.kind !== "redirect") throw new Error(`The answer is ${result.kind}`);
  return new URL(result.to);
}

/** What a page would work with for this person. */
const contextOf = (world: Ground, person: Person): Context =>
  new Context({
    caller: {
      kind: "session",
      id: subjectIn(person.token),
      sessionId: "sess_test",
      verifiedEmail: person.email,
      name: null,
      mayAdminister: true,
    },
    audience: "public",
    database: world.db,
    ports: portsOf(world.env as Env, () => {}),
    request: {
      id: crypto.randomUUID(),
      method: "GET",
      path: "/oauth/authorize",
      ip: null,
      userAgent: null,
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
  });

const subjectIn = (token: string): string => (JSON.parse(atob(token.split(".")[1] ?? "")) as { sub: string }).sub;
