import { wireId } from "../events/published.ts";
import { signatureOf } from "./sign.ts";

/**
 * The headers of one send (PLATFORM §13.1): signed anew each time, under the same `webhook-id`.
 *
 * @param own - the owner's own ones, in small letters; ours win
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
    ...own,
    "content-type": "application/json",
    "user-agent": "SplitsWebhooks/1",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signatureOf(secrets, id, timestamp, payload),
    "x-splits-event": eventType,
    "x-splits-attempt": String(ordinal),
  };
}
