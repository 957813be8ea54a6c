import { conflict, type FieldError, invalid, invalidField, invalidTransition } from "../refusals.ts";
import type { Scope } from "./scopes.ts";

export type ClientStatus = "pending" | "approved" | "suspended" | "rejected" | "deleted";
export type ClientAction = "approve" | "reject" | "suspend" | "unsuspend" | "delete" | "rotate" | "edit" | "widen" | "leak";
export type ClientType = "confidential" | "public";
export type AuthMethod = "client_secret_basic" | "client_secret_post" | "none";

/**
 * The life of an OAuth client (PLATFORM §5). One that asks for more waits for approval again; a suspended
 * one cannot, since the approval would lift the suspension. One whose secret leaks before its approval is
 * rejected.
 */
const LIFE: Readonly<Record<ClientStatus, Partial<Record<ClientAction, ClientStatus>>>> = {
  pending: {
    approve: "approved",
    reject: "rejected",
    delete: "deleted",
    rotate: "pending",
    edit: "pending",
    widen: "pending",
    leak: "rejected",
  },
  approved: { suspend: "suspended", delete: "deleted", rotate: "approved", edit: "approved", widen: "pending", leak: "suspended" },
  suspended: { unsuspend: "approved", delete: "deleted", rotate: "suspended", edit: "suspended" },
  rejected: { delete: "deleted" },
  deleted: {},
};

/** What a client becomes by an action; null where it has no such step. */
export const clientStep = (status: ClientStatus, action: ClientAction): ClientStatus | null => LIFE[status][action] ?? null;

/** As `clientStep`; refuses (409) where there is no such step. */
export function nextClientStatus(status: ClientStatus, action: ClientAction): ClientStatus {
  const next = clientStep(status, action);
  if (next === null) throw invalidTransition("client", status, AIM[action], [...new Set(Object.values(LIFE[status]))]);
  return next;
}

/** What a refused action would have led to. */
const AIM = {
  approve: "approved",
  reject: "rejected",
  suspend: "suspended",
  unsuspend: "approved",
  delete: "deleted",
  rotate: "rotated",
  edit: "edited",
  widen: "pending",
  leak: "suspended",
} as const satisfies Record<ClientAction, string>;

/** What a client is called where people agree, what it may do, and where it may send people. */
export interface ClientReach {
  name: string;
  redirectUris: readonly string[];
  allowedOrigins: readonly string[];
  allowedScopes: readonly Scope[];
}

const REACH = ["redirectUris", "allowedOrigins", "allowedScopes"] as const satisfies (keyof ClientReach)[];

/** Whether a change lets a client do more than was approved: another scope, address or origin, or be taken for another. */
export const widens = (before: ClientReach, after: ClientReach): boolean =>
  before.name !== after.name || REACH.some((field) => after[field].some((each) => !(before[field] as readonly string[]).includes(each)));

/**
 * How a client proves who it is: a public one cannot, a confidential one with its secret.
 * Refuses (422) a method that is not of its type.
 */
export function authMethodOf(type: ClientType, asked: AuthMethod | undefined): AuthMethod {
  const method = asked ?? (type === "public" ? "none" : "client_secret_basic");
  if ((type === "public") !== (method === "none"))
    throw invalidField("auth_method", "invalid", `is not for a ${type} client: public ones use none, confidential ones their secret`);
  return method;
}

/** Refuses (409) to make a secret for a client that cannot keep one. */
export function requireSecret<C extends { type: ClientType; secretHash: string | null }>(
  client: C,
): asserts client is C & { secretHash: string } {
  if (client.secretHash === null) throw conflict("A public client has no secret.");
}

/**
 * Holds the addresses of a client against the rules. Refuses (422), naming each broken one: redirect
 * URIs are https, or http on a loopback address (RFC 8252 §7.3), written out without fragment or
 * wildcard, and a public client has at least one; origins are for public clients alone.
 */
export function requireAddresses(
  type: ClientType,
  { redirectUris, allowedOrigins }: Pick<ClientReach, "redirectUris" | "allowedOrigins">,
): void {
  const errors = [
    ...redirectUris.flatMap((uri, index) => fault(`/redirect_uris/${index}`, redirectFault(uri))),
    ...(type === "public" && redirectUris.length === 0 ? fault("/redirect_uris", "has at least one for a public client") : []),
    ...allowedOrigins.flatMap((origin, index) => fault(`/allowed_origins/${index}`, originFault(origin))),
    ...(type === "confidential" && allowedOrigins.length > 0 ? fault("/allowed_origins", "are for public clients") : []),
  ];
  if (errors.length > 0) throw invalid(...errors);
}

const fault = (pointer: string, message: string | null): FieldError[] =>
  message === null ? [] : [{ pointer, code: "invalid_format", message }];

const MAX_URI = 2_048;
/** What an authorization response says (RFC 6749 §4.1.2, RFC 9207); two of one name are nobody's word. */
const ANSWERED = ["code", "state", "iss", "error", "error_description", "error_uri"];

/** What is wrong with a redirect URI; null where nothing is. */
export function redirectFault(uri: string): string | null {
  if (uri.length > MAX_URI) return `is longer than ${MAX_URI} characters`;
  if (uri.includes("*")) return "has a wildcard; each address is written out";
  if (uri.includes("#")) return "has a fragment";
  // a browser would send something else than what was written, and the match is exact
  if (!/^[\x21-\x7e]+$/.test(uri) || uri.includes("\\")) return "has characters that a URL does not have";
  const url = URL.parse(uri);
  if (!url) return "is no absolute URL";
  if (url.username !== "" || url.password !== "") return "names a user";
  const taken = ANSWERED.find((name) => url.searchParams.has(name));
  if (taken) return `has a parameter ${taken}, which the answer carries`;
  return isSafe(url) ? null : NOT_SAFE;
}

/** What is wrong with an origin; null where nothing is. */
export function originFault(origin: string): string | null {
  const url = URL.parse(origin);
  if (!url || url.origin !== origin) return "is no origin: scheme, host and port alone, as a browser sends it";
  return isSafe(url) ? null : NOT_SAFE;
}

/** A name of the DNS, or an IPv6 address. A URL may also have `;` and `,` there, which mean something in a policy (CSP §2.2). */
const HOST = /^(?:[\w.-]+|\[[\da-f:]+\])$/;
const NOT_SAFE = "is neither https nor http on 127.0.0.1 or [::1]";

/** The name `localhost` is no loopback address: it may lead elsewhere (RFC 8252 §8.3). */
const isSafe = ({ protocol, hostname }: URL): boolean =>
  (protocol === "https:" && HOST.test(hostname)) || (protocol === "http:" && (hostname === "127.0.0.1" || hostname === "[::1]"));
