import type { Mail, MailOutcome, MailSender } from "#services/ports.ts";

const TIMEOUT_MS = 10_000;

/** What no later try would change: our key, our sender or the address is refused. */
const FINAL_STATUSES = new Set([400, 401, 403, 404, 413, 422]);

/** The key brought a mail out whose answer was lost; what it says may have changed since, as a link in it does. */
const TAKEN_BEFORE = "invalid_idempotent_request";

export interface ResendSettings {
  /** `https://api.resend.com`, or the mail catcher of the local world. */
  base: string;
  key: string;
  from: string;
}

/** Mail over Resend's HTTP API; the mail catcher speaks it too. */
export function resend({ base, key, from }: ResendSettings): MailSender {
  return {
    async send({ to, subject, text, html }: Mail, idempotencyKey: string): Promise<MailOutcome> {
      try {
        const response = await fetch(`${base}/emails`, {
          method: "POST",
          headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
          body: JSON.stringify({ from, to: [to], subject, text, html }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const answer = (await response.json()) as { id?: string; name?: string };
        if (response.ok && answer.id) return { sent: true, id: answer.id };
        if (answer.name === TAKEN_BEFORE) return { sent: true, id: null };
        return { sent: false, final: FINAL_STATUSES.has(response.status), reason: `${response.status} ${answer.name ?? ""}`.trim() };
      } catch (error) {
        return { sent: false, final: false, reason: error instanceof Error ? error.name : "unknown" };
      }
    },
  };
}
