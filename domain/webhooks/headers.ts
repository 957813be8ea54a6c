import { invalid } from "../refusals.ts";

/** Headers of the owner's own, by name. */
export type OwnHeaders = Readonly<Record<string, string>>;

const MAX_HEADERS = 10;
const MAX_NAME_LENGTH = 100;
const MAX_VALUE_LENGTH = 1_000;

/** Names that are ours, or those of the connection and of the body's framing (RFC 9110 §7.6.1). */
const RESERVED =
  /^(?:host|content-.*|user-agent|webhook-.*|x-splits-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$/;

/** Whether a header of this name, in small letters, is an owner's to have sent with each delivery. */
const isOwnHeader = (name: string): boolean => /^[!#$%&'*+.^_`|~\da-z-]+$/.test(name) && !RESERVED.test(name);

/**
 * The headers that an owner wants sent with each delivery, their names in small letters. Refuses (422, naming each)
 * more than ten, names that are ours or the connection's, and whatever HTTP could not carry.
 */
export function requireOwnHeaders(given: OwnHeaders): OwnHeaders {
  const entries = Object.entries(given).map(([name, value]) => ({ written: name, name: name.toLowerCase(), value }));
  const names = entries.map(({ name }) => name);
  const errors = entries.flatMap(({ written, name, value }, index) => {
    const pointer = `/headers/${written.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (!isOwnHeader(name) || name.length > MAX_NAME_LENGTH)
      return [{ pointer, code: "reserved", message: `${written} is no header that is yours to set` }];
    if (names.indexOf(name) !== index) return [{ pointer, code: "repeated", message: `${written} is there twice` }];
    const isSendable = value.length <= MAX_VALUE_LENGTH && /^[!-~](?:[ -~]*[!-~])?$|^$/.test(value);
    return isSendable
      ? []
      : [{ pointer, code: "invalid", message: `the value of ${written} is not printable ASCII of at most ${MAX_VALUE_LENGTH} characters` }];
  });
  if (entries.length > MAX_HEADERS) errors.push({ pointer: "/headers", code: "too_big", message: `has at most ${MAX_HEADERS} headers` });
  if (errors.length > 0) throw invalid(...errors);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}
