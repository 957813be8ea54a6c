import type { ErrorCode } from "../refusals.ts";
import type { RoleType, Scope } from "./scopes.ts";

/** What the object of a credential knows of it: enough to let a request pass without the database. */
export interface CredentialRecord {
  /** Raised by every change; an older record is never taken for a newer one. */
  version: number;
  /** The row behind the subject: a key, a grant, or the person of a session. */
  credentialId: string;
  kind: "key" | "grant" | "user";
  /** Whose usage it is; null for a person without an account. */
  accountId: string | null;
  userId: string | null;
  /** The client of a grant. */
  clientId: string | null;
  roleType: RoleType | null;
  scopes: readonly Scope[];
  plan: "standard" | "premium" | "enterprise";
  /** Requests per rolling hour. */
  limit: number;
  /** How far paid units may go beyond the limit; null where they may not. */
  ceilingMultiple: number | null;
  /** Why it does not pass; null for one that does. */
  refusal: Extract<ErrorCode, "credential_pending_approval" | "credential_suspended" | "revoked_credential"> | null;
  /** Epoch seconds. */
  expiresAt: number | null;
  ipAllowlist: readonly string[];
  /** Of a key: SHA-256 in hex; the old one until its end, in epoch seconds. */
  secretHash: string | null;
  prevSecretHash: string | null;
  prevSecretExpiresAt: number | null;
}

/** An access token of a grant. */
export interface AccessToken {
  hash: string;
  /** Epoch seconds. */
  expiresAt: number;
  scopes: readonly Scope[];
  familyId: string;
}

/** Whether this is the secret of a key, which has two while it is rotated: compared by their hashes, in constant time. */
export function isSecretOf(record: CredentialRecord, secretHash: string, now: number): boolean {
  const isRotating = record.prevSecretExpiresAt !== null && record.prevSecretExpiresAt > now;
  return isSameHash(secretHash, record.secretHash) || (isRotating && isSameHash(secretHash, record.prevSecretHash));
}

function isSameHash(given: string, kept: string | null): boolean {
  if (kept === null || kept.length !== given.length) return false;
  const encoder = new TextEncoder();
  return crypto.subtle.timingSafeEqual(encoder.encode(given), encoder.encode(kept));
}

/**
 * Why a credential is refused; null for one that passes. Only whoever shows its secret learns more than that
 * it is wrong.
 *
 * @param shown - how what was presented fits the credential
 * @param now - epoch seconds
 */
export function credentialRefusal(
  record: CredentialRecord,
  shown: "fits" | "wrong" | "expired",
  ip: string | null,
  now: number,
): ErrorCode | null {
  if (shown === "wrong") return "invalid_token";
  if (record.refusal) return record.refusal;
  if (shown === "expired" || (record.expiresAt !== null && record.expiresAt <= now)) return "expired_token";
  return isAllowedFrom(record.ipAllowlist, ip) ? null : "ip_not_allowed";
}

/** Whether an address lies in one of the networks (CIDR). An empty list lets every address pass. */
export function isAllowedFrom(allowlist: readonly string[], ip: string | null): boolean {
  if (allowlist.length === 0) return true;
  const address = ip === null ? null : addressBits(ip);
  return address !== null && allowlist.some((network) => contains(network, address));
}

/**
 * A network in its one spelling: `192.0.2.7` is `192.0.2.7/32`, IPv6 is shortened (RFC 5952). Null for
 * what is none: bits beyond its length, or an IPv4 address in the clothes of IPv6.
 */
export function networkOf(text: string): string | null {
  const [base = "", length, ...rest] = text.split("/");
  const bits = base.includes(":") ? ipv6Bits(base) : addressBits(base);
  if (!bits || rest.length > 0 || (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length))) return null;
  const prefix = Number(length ?? bits.width);
  const beyond = BigInt(bits.width - prefix);
  if (prefix > bits.width || (bits.value >> beyond) << beyond !== bits.value) return null;
  if (bits.width === 128 && bits.value >> 32n === 0xffffn) return null;
  return `${bits.width === 32 ? ipv4Text(bits.value) : ipv6Text(bits.value)}/${prefix}`;
}

/**
 * By what an address is counted: an IPv4 address by itself, an IPv6 one by its /64, which one customer has
 * whole (RFC 6177 §2). What is no address is counted as it is written.
 */
export function addressBlock(ip: string): string {
  const bits = addressBits(ip);
  return bits?.width === 128 ? `${ipv6Text((bits.value >> 64n) << 64n)}/64` : ip;
}

const ipv4Text = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");

/** The longest run of two or more zero groups becomes `::`, the first of several. */
function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16)).join(":");
  const longest = (groups.match(/\b0(?::0)+\b/g) ?? []).reduce((best, run) => (run.length > best.length ? run : best), "");
  return longest === "" ? groups : groups.replace(new RegExp(`:?\\b${longest}\\b:?`), "::");
}

interface Bits {
  value: bigint;
  width: 32 | 128;
}

function contains(network: string, address: Bits): boolean {
  const [base = "", length] = network.split("/");
  const bits = addressBits(base);
  if (!bits || bits.width !== address.width) return false;
  const shift = BigInt(bits.width - Number(length ?? bits.width));
  return bits.value >> shift === address.value >> shift;
}

/** An address as a number; null for what is none. An IPv4 address within IPv6 counts as IPv4 (RFC 4291 §2.5.5.2). */
function addressBits(text: string): Bits | null {
  const mapped = /^::ffff:([\d.]+)$/i.exec(text)?.[1];
  if (mapped) return addressBits(mapped);
  if (text.includes(":")) return ipv6Bits(text);
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  return { value: parts.reduce((value, part) => value * 256n + BigInt(part), 0n), width: 32 };
}

function ipv6Bits(text: string): Bits | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = (half: string | undefined): string[] => (half ? half.split(":") : []);
  const [head, tail] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null;
  return { value: all.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n), width: 128 };
}
