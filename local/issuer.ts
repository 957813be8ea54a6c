import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Hono } from "hono";
import { html } from "hono/html";
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { z } from "zod";
import { page } from "./page.ts";
import { kindInWords, type Person, subjectOf } from "./people.ts";
import { serve } from "./serve.ts";
import { damaged, readKept, writeSecretly } from "./kept.ts";

/** Someone a token can speak for; not everyone has a seeded role. */
type Subject = Pick<Person, "email" | "name" | "sub">;

/** A client of the code flow. Without a secret it is public and has PKCE alone. */
export interface SignInClient {
  id: string;
  secret?: string;
  /** Compared whole. */
  redirectUris: readonly string[];
}

export interface IssuerOptions {
  /** The port of 127.0.0.1 to listen on; 0 takes any free one. */
  port: number;
  /** Keeps the signing key between starts; without it every start makes its own. */
  keyFile?: string;
  /** Who the sign-in page lists. */
  people: readonly Person[];
  /** The `azp` of session tokens: the origin they are made for. */
  authorizedParty: string;
  /** Preset: the console as a public client at the authorized party's port. */
  clients?: readonly SignInClient[];
  now?: () => Date;
}

export interface Issuer {
  /** The `iss`: `http://127.0.0.1:<port>`. */
  url: string;
  /** A session token; `overrides` replaces claims, and `undefined` leaves one out. */
  token(subject: Subject, overrides?: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** The client that the console will be. */
export const SIGN_IN_CLIENT_ID = "splits-console";

const TokenRequest = z.strictObject({ email: z.string(), sub: z.string().min(1).optional() });

const SESSION_SECONDS = 12 * 3600;
const ID_TOKEN_SECONDS = 3600;
const CODE_SECONDS = 60;

/** Starts a stand-in for Clerk: Clerk-shaped session tokens, and OpenID Connect's code flow with a list of people to be. */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const { port, keyFile, people, authorizedParty, now = () => new Date() } = options;
  const clients = options.clients ?? [{ id: SIGN_IN_CLIENT_ID, redirectUris: callbacksAt(authorizedParty) }];
  const key = await signingKey(keyFile);
  const signer = await importJWK(key, "RS256").catch(() => {
    throw keyFile === undefined ? new Error("the key that was made is none") : damaged(keyFile);
  });
  const codes = new Map<string, Grant>();
  const seconds = () => Math.floor(now().getTime() / 1000);

  const sign = (claims: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ alg: "RS256", typ: "JWT", kid: key.kid ?? "" }).sign(signer);

  const sessionToken = ({ sub, email, name }: Subject, overrides: Record<string, unknown> = {}) =>
    sign({
      iss: served.url,
      sub,
      sid: newSessionId(),
      azp: authorizedParty,
      iat: seconds(),
      nbf: seconds() - 10, // as Clerk does, for clocks that lag
      exp: seconds() + SESSION_SECONDS,
      v: 2,
      email,
      email_verified: true,
      name,
      fva: [0, 0],
      ...overrides,
    });

  /** Anyone may sign in: an address nobody was seeded with is a newcomer. */
  const subjectAt = (address: string): Subject | undefined => {
    const email = address.trim().toLowerCase();
    const known = people.find((person) => person.email === email);
    if (known) return known;
    return /^[^\s@<>"]+@[^\s@<>"]+$/.test(email) ? { email, name: nameFrom(email), sub: subjectOf(email) } : undefined;
  };

  const app = new Hono();

  app.get("/.well-known/openid-configuration", (c) =>
    c.json({
      issuer: served.url,
      authorization_endpoint: `${served.url}/authorize`,
      token_endpoint: `${served.url}/token`,
      jwks_uri: `${served.url}/.well-known/jwks.json`,
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      grant_types_supported: ["authorization_code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid", "email", "profile"],
      claims_supported: ["sub", "sid", "email", "email_verified", "name"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
      authorization_response_iss_parameter_supported: true,
    }),
  );

  app.get("/.well-known/jwks.json", (c) => {
    const { kty, n, e, kid } = key;
    return c.json({ keys: [{ kty, n, e, kid, alg: "RS256", use: "sig" }] });
  });

  app.get("/", () =>
    page({
      title: "Local identity issuer",
      part: "Local sign-in",
      body: html`<div class="slim">
        <h1>This is the local identity issuer</h1>
        <p class="soft">
          Sign-in pages come here by themselves. For a token in the terminal:
          <code>npm run token -- ${people[0]?.email ?? "me@example.test"}</code>
        </p>
      </div>`,
    }),
  );

  app.get("/authorize", async (c) => {
    const asked = authorization(new URL(c.req.url).searchParams, clients);
    if ("fault" in asked) return refusalPage(asked.fault);
    if ("error" in asked)
      return c.redirect(answerUrl(served.url, asked, { error: asked.error, error_description: asked.description }), 303);
    return peoplePage(asked, people);
  });

  app.post("/authorize", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const asked = authorization(form, clients);
    if ("fault" in asked) return refusalPage(asked.fault);
    if ("error" in asked)
      return c.redirect(answerUrl(served.url, asked, { error: asked.error, error_description: asked.description }), 303);
    const subject = subjectAt(form.get("email") ?? "");
    if (!subject) return refusalPage("That is not an e-mail address.");
    const code = randomBytes(24).toString("base64url");
    codes.set(code, { ...asked, subject, expiresAt: seconds() + CODE_SECONDS });
    return c.redirect(answerUrl(served.url, asked, { code }), 303);
  });

  app.post("/token", async (c) => {
    c.header("Cache-Control", "no-store");
    const refused = (error: string, error_description: string, status: 400 | 401 = 400) => {
      if (status === 401) c.header("WWW-Authenticate", 'Basic realm="local issuer"');
      return c.json({ error, error_description }, status);
    };
    if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header("content-type") ?? "")) {
      return refused("invalid_request", "The body must be application/x-www-form-urlencoded.");
    }
    const form = new URLSearchParams(await c.req.text());
    const doubled = repeated(form);
    if (doubled) return refused("invalid_request", `${doubled} was given more than once.`);
    const client = authenticated(clients, c.req.header("authorization"), form);
    if (!client) return refused("invalid_client", "The client is unknown or its secret is wrong.", 401);
    if (!form.has("grant_type")) return refused("invalid_request", "grant_type is missing.");
    if (form.get("grant_type") !== "authorization_code") return refused("unsupported_grant_type", "Only authorization_code is served.");
    const code = form.get("code");
    const verifier = form.get("code_verifier");
    if (!code || !verifier) return refused("invalid_request", "code and code_verifier are needed.");

    const grant = codes.get(code);
    codes.delete(code); // whoever shows it, rightly or not, uses it up
    if (!grant || grant.expiresAt <= seconds()) return refused("invalid_grant", "The code is unknown, used or older than a minute.");
    if (grant.client.id !== client.id) return refused("invalid_grant", "The code was issued to another client.");
    if (grant.redirectUri !== form.get("redirect_uri")) return refused("invalid_grant", "redirect_uri is not the one of the request.");
    if (createHash("sha256").update(verifier).digest("base64url") !== grant.challenge) {
      return refused("invalid_grant", "code_verifier does not fit the challenge.");
    }
    const { email, name, sub } = grant.subject;
    const sid = newSessionId();
    const idToken = await sign({
      iss: served.url,
      aud: client.id,
      sub,
      sid,
      iat: seconds(),
      exp: seconds() + ID_TOKEN_SECONDS,
      auth_time: seconds(),
      email,
      email_verified: true,
      name,
      ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    });
    return c.json({
      access_token: await sessionToken(grant.subject, { sid }),
      token_type: "Bearer",
      expires_in: SESSION_SECONDS,
      id_token: idToken,
      scope: grant.scope,
    });
  });

  app.post("/_local/token", async (c) => {
    const body: unknown = await c.req.json().catch(() => undefined);
    const wanted = TokenRequest.safeParse(body);
    const subject = wanted.success ? subjectAt(wanted.data.email) : undefined;
    if (!wanted.success || !subject)
      return c.json({ message: 'Send {"email": "…"} with an e-mail address; "sub" may name another subject.' }, 422);
    return c.json({ token: await sessionToken({ ...subject, sub: wanted.data.sub ?? subject.sub }) });
  });

  const served = await serve(port, (request) => app.fetch(request));
  return { url: served.url, stop: () => served.stop(), token: sessionToken };
}

// --- the code flow

interface Authorization {
  client: SignInClient;
  redirectUri: string;
  scope: string;
  state: string | null;
  nonce: string | null;
  challenge: string;
  loginHint: string | null;
  /** What the client sent, to be sent again with the chosen person. */
  given: readonly (readonly [string, string])[];
}

interface Grant extends Authorization {
  subject: Subject;
  expiresAt: number;
}

/** A refusal that the client may hear. */
interface Refused {
  redirectUri: string;
  state: string | null;
  error: string;
  description: string;
}

/** Reads an authorization request. A `fault` is shown to the person only, because the address to answer cannot be trusted. */
function authorization(given: URLSearchParams, clients: readonly SignInClient[]): Authorization | Refused | { fault: string } {
  const client = clients.find(({ id }) => id === given.get("client_id"));
  if (!client || given.getAll("client_id").length > 1) return { fault: "This client is not registered here." };
  const redirectUri = given.get("redirect_uri");
  if (redirectUri === null || !client.redirectUris.includes(redirectUri) || given.getAll("redirect_uri").length > 1) {
    return { fault: "The client has not registered this redirect URI." };
  }
  const state = given.get("state");
  const refused = (error: string, description: string): Refused => ({ redirectUri, state, error, description });

  const doubled = repeated(given);
  if (doubled) return refused("invalid_request", `${doubled} was given more than once.`);
  if (given.get("response_type") !== "code") return refused("unsupported_response_type", "Only response_type=code is served.");
  if ((given.get("response_mode") ?? "query") !== "query") return refused("invalid_request", "Only response_mode=query is served.");
  const scope = given.get("scope") ?? "";
  if (!scope.split(" ").includes("openid")) return refused("invalid_scope", "The scope must contain openid.");
  const challenge = given.get("code_challenge") ?? "";
  if (given.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)) {
    return refused("invalid_request", "A code_challenge with method S256 is needed.");
  }
  if (given.get("prompt") === "none") return refused("login_required", "Someone has to be chosen.");
  return {
    client,
    redirectUri,
    scope,
    state,
    nonce: given.get("nonce"),
    challenge,
    loginHint: given.get("login_hint"),
    given: [...given].filter(([name]) => name !== "email"),
  };
}

const repeated = (given: URLSearchParams): string | undefined => [...given.keys()].find((name) => given.getAll(name).length > 1);

function answerUrl(
  iss: string,
  { redirectUri, state }: { redirectUri: string; state: string | null },
  answer: Record<string, string>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, ...(state === null ? {} : { state }), iss })) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

/** The client that a token request speaks for, by `client_secret_basic`, `client_secret_post` or none. */
function authenticated(clients: readonly SignInClient[], header: string | undefined, form: URLSearchParams): SignInClient | undefined {
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (header !== undefined && basic === undefined) return undefined;
  const [id, secret] = basic === undefined ? [form.get("client_id"), form.get("client_secret")] : credentials(basic);
  const client = clients.find((each) => each.id === id);
  return client && (client.secret ?? null) === secret ? client : undefined;
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function credentials(basic: string): [string, string] {
  const [id = "", ...rest] = Buffer.from(basic, "base64").toString("utf8").split(":");
  const decoded = new URLSearchParams(`id=${id}&secret=${rest.join(":")}`);
  return [decoded.get("id") ?? "", decoded.get("secret") ?? ""];
}

/** The console's callback under each name that the machine answers to. */
function callbacksAt(origin: string): readonly string[] {
  const { port } = new URL(origin);
  return ["127.0.0.1", "localhost", "app.localhost"].map((host) => `http://${host}:${port}/sso/oidc/callback`);
}

// --- the pages

function peoplePage({ given, redirectUri, loginHint }: Authorization, people: readonly Person[]): Promise<Response> {
  const { origin, host } = new URL(redirectUri);
  const hidden = given.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`);
  const hinted = (person: Person) => person.email === loginHint?.toLowerCase();
  const listed = people.toSorted((a, b) => Number(hinted(b)) - Number(hinted(a)));
  const unlisted = loginHint !== null && !people.some(hinted) ? loginHint : "";
  return page({
    title: "Choose who to be",
    part: "Local sign-in",
    formActions: ["'self'", origin],
    body: html`<div class="slim">
      <div>
        <h1>Who would you like to be?</h1>
        <p class="soft">You continue at ${host}. There are no passwords on this machine.</p>
      </div>
      <form method="post" action="/authorize" class="card">
        ${hidden}
        <ul class="rows">
          ${listed.map(
            (person) =>
              html`<li>
                <button class="row" name="email" value="${person.email}">
                  <span class="badge" aria-hidden="true">${person.name.slice(0, 1)}</span>
                  <span class="words"><b>${person.name}</b><span class="soft small">${person.email}</span></span>
                  <span class="side">${kindInWords(person.kind)}</span>
                </button>
              </li>`,
          )}
        </ul>
      </form>
      <form method="post" action="/authorize">
        ${hidden}
        <label class="label" for="email">Or anyone else, by e-mail address</label>
        <div class="field">
          <input type="email" id="email" name="email" required autocomplete="email" value="${unlisted}" /><button class="button">
            Continue
          </button>
        </div>
      </form>
    </div>`,
  });
}

const refusalPage = (fault: string): Promise<Response> =>
  page({
    title: "Sign-in cannot go on",
    part: "Local sign-in",
    status: 400,
    body: html`<div class="slim">
      <h1>Sign-in cannot go on</h1>
      <p class="soft">${fault} Nothing was sent anywhere; go back and begin again.</p>
    </div>`,
  });

/** `jo.march@books.test` → `Jo March` */
const nameFrom = (email: string): string =>
  (email.split("@")[0] ?? email)
    .split(/[._+-]+/)
    .filter(Boolean)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(" ") || email;

// --- the key

const newSessionId = (): string => `sess_${randomBytes(14).toString("hex").slice(0, 27)}`;

const PrivateKey = z.looseObject({ kty: z.literal("RSA"), n: z.string(), e: z.string(), d: z.string(), kid: z.string() });

async function signingKey(keyFile: string | undefined): Promise<JWK> {
  const kept = keyFile === undefined ? undefined : await readKept(keyFile, PrivateKey);
  if (kept) return kept;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: `ins_${randomUUID().replaceAll("-", "")}`, alg: "RS256" };
  if (keyFile !== undefined) await writeSecretly(keyFile, JSON.stringify(key));
  return key;
}
