import { and, eq, sql } from "drizzle-orm";
import { oauthClients, oauthCodes, oauthGrants } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { toBase64Url } from "#domain/bytes.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { type AuthorizationRequest, clientIdOf, readAuthorizationRequest, redirectUriOf } from "#domain/oauth/authorization-request.ts";
import { consentStep, type ConsentStep, type Offer, offersOf } from "#domain/oauth/consent.ts";
import { after, CODE_SECONDS } from "#domain/oauth/lives.ts";
import { isClaimed, withParameters } from "#domain/oauth/redirect-uri.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import { conflict } from "#domain/refusals.ts";
import { accountsWithinReach } from "../accounts/list-accounts.ts";
import { commit, deciding, insert } from "../commit.ts";
import type { Context } from "../context.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import { type Client, clientByPublicId } from "./client.ts";
import { grantWith } from "./grant-with.ts";

/** What the person said: the account they allow it for, or no; null when they were not asked yet. */
export type Answer = { accountId: string } | "denied" | null;

export type Authorization =
  /** nobody is signed in */
  | { kind: "sign_in" }
  /** the person is asked */
  | {
      kind: "page";
      client: Pick<Client, "name">;
      redirectUri: string;
      person: Asked;
      step: Extract<ConsentStep, { kind: "choose" | "ask" }>;
    }
  /** back to the client */
  | { kind: "redirect"; to: string };

/** Who is asked. */
export interface Asked {
  name: string;
  email: string;
}

const CODE_BYTES = 32;

/**
 * Works on a request for authorization (RFC 6749 §4.1): the person of the session is asked, unless
 * they agreed before, and the client gets a code, once, or the reason why not.
 *
 * An unknown client or an address it has not registered is refused with `invalid_parameter`;
 * whatever else is wrong goes back to the client (§4.1.2.1).
 *
 * @param given.accountId - the account that was chosen on the way to the page
 * @param given.issuer - who answers (RFC 9207)
 */
export async function authorize(
  ctx: Context,
  parameters: URLSearchParams,
  given: { answer: Answer; accountId: string | null; issuer: string },
): Promise<Authorization> {
  const named = clientIdOf(parameters);
  // what is no id of ours is never looked up
  const clientId = (await ctx.ports.credentialTokens.isGenuineId("snc", named)) ? named : "";
  return deciding(ctx, async () => {
    const [[client], [person], reachable, grants] = await ctx.read(
      clientByPublicId(clientId),
      select({ name: users.name, email: users.email })
        .from(users)
        .where(eq(users.id, sql`ops.user_id()`)),
      accountsWithinReach(),
      select({ grant: oauthGrants })
        .from(oauthGrants)
        .innerJoin(oauthClients, eq(oauthClients.id, oauthGrants.clientId))
        .where(and(eq(oauthClients.publicId, clientId), eq(oauthGrants.userId, sql`ops.user_id()`), eq(oauthGrants.status, "active"))),
    );
    const redirectUri = redirectUriOf(parameters, client ?? null);
    const state = parameters.getAll("state").length === 1 ? parameters.get("state") : null;
    const answer = (words: Record<string, string>) =>
      ({ kind: "redirect", to: withParameters(redirectUri, { ...words, state, iss: given.issuer }) }) as const;
    try {
      const request = readAuthorizationRequest(parameters, client as Client, redirectUri);
      if (!person) return { kind: "sign_in" };
      if (given.answer === "denied") throw new OAuthRefusal("access_denied", "The person said no");
      const granted = new Map(grants.map(({ grant }) => [grant.accountId, grant]));
      const offers = offersOf(
        reachable.map((account) => ({ ...account, grantedScopes: granted.get(account.id)?.scopes ?? null })),
        request.scopes,
      );
      const isAssured = client?.type === "confidential" || isClaimed(redirectUri);
      const step = consentStep(offers, { accountId: given.accountId, asksAgain: request.asksAgain, isAssured });
      if (step.kind === "impossible") throw new OAuthRefusal("access_denied", "No account of the person may give these scopes");
      const chosen = given.answer?.accountId; // a denial has left
      const offer = chosen !== undefined ? offers.find(({ id }) => id === chosen) : step.kind === "remembered" ? step.offer : null;
      if (offer === undefined)
        throw conflict("This account is not within your reach any more. Go back to the application and start again.");
      if (offer) return answer({ code: await giveCode(ctx, client as Client, request, offer, granted.get(offer.id)) });
      return {
        kind: "page",
        client: client as Client,
        redirectUri,
        person,
        step: step as Extract<ConsentStep, { kind: "choose" | "ask" }>,
      };
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error;
      return answer({ error: error.error, error_description: error.message });
    }
  });
}

/** Commits the consent and a code for it, which only its client can redeem within a minute. */
async function giveCode(
  ctx: Context,
  client: Client,
  { redirectUri, codeChallenge }: AuthorizationRequest,
  { id: accountId, scopes }: Offer,
  known: typeof oauthGrants.$inferSelect | undefined,
): Promise<string> {
  const { grant, changed, ...granted } = await grantWith(ctx, { clientId: client.id, userId: ctx.userId, accountId }, known, scopes);
  const code = toBase64Url(ctx.ports.randomBytes(CODE_BYTES));
  await commit(ctx, null, {
    ...granted,
    write: [
      ...granted.write,
      insert(oauthCodes, {
        codeHash: await hashToken(code),
        grantId: grant.id,
        familyId: ctx.newId(),
        redirectUri,
        codeChallenge,
        scopes: [...scopes],
        createdAt: ctx.now(),
        expiresAt: after(ctx.now(), { seconds: CODE_SECONDS }),
      }),
    ],
  });
  await forgetNow(ctx, changed);
  return code;
}
