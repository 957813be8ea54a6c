import { wireId } from "../events/published.ts";
import { signatureOf } from "./sign.ts";

/** Names an owner's own headers may not have, whatever their case: they are ours, or those of the connection. */
const RESERVED =
  /^(?:host|content-.*|user-agent|webhook-.*|x-splits-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** Whether an owner may have a header of this name sent with each delivery (PLATFORM §13.3). */
export const isOwnHeader = (name: string): boolean => /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && !RESERVED.test(name);

/**
 * The headers of one send (PLATFORM §13.1): signed anew each time, under the same `webhook-id`.
 *
 * @param own - the owner's own ones
 * @param ordinal - of this send among those of the delivery, from 1
 * @param secrets - newest first
 */
export async function requestHeaders(
  { eventId, eventType, payload }: { eventId: string; eventType: string; payload: string },
  {
    startedAt,
    ordinal,
    secrets,
    own,
  }: { startedAt: Date; ordinal: number; secrets: readonly string[]; own: Readonly<Record<string, string>> },
): Promise<Record<string, string>> {
  const id = wireId(eventId);
  const timestamp = Math.floor(startedAt.getTime() / 1_000);
  return {
    ...Object.fromEntries(Object.entries(own).filter(([name]) => isOwnHeader(name))),
    "content-type": "application/json",
    "user-agent": "SplitsWebhooks/1",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signatureOf(secrets, id, timestamp, payload),
    "x-splits-event": eventType,
    "x-splits-attempt": String(ordinal),
  };
}
