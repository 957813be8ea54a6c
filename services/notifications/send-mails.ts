import { sql } from "drizzle-orm";
import { recruiterCandidates, teamInvitations } from "#db/schema/network.ts";
import { notifications } from "#db/schema/notify.ts";
import { computed, select, statement, updateOf } from "#db/statements.ts";
import { idArray } from "../events/handle-events.ts";
import type { Context, Statement } from "../context.ts";
import type { Mail, MailOutcome, MailSender } from "../ports.ts";

/** After this many tries a mail counts as failed. */
const MAX_TRIES = 8;
/** A mail that its nudge did not bring out within this time is swept. */
const SWEEP_AFTER_SECONDS = 60;
const SWEEP_ROWS = 100;

interface PendingMail {
  id: string;
  to: string;
  subject: string;
  payload: Record<string, unknown>;
  attempts: number;
  dedupeKey: string;
  invitation: { id: string; issuedAt: string; path: string } | null;
}

/**
 * Sends the pending mails among these rows. The row's dedupe key is the provider's idempotency
 * key, so a mail whose answer was lost is not sent twice.
 *
 * @returns whether every one has found its end
 */
export async function sendMails(ctx: Context, sender: MailSender, origin: string, ids: readonly string[]): Promise<boolean> {
  const [pending] = await ctx.read(
    select({
      id: notifications.id,
      to: sql<string>`${notifications.recipientEmail}`,
      subject: notifications.subject,
      payload: notifications.payload,
      attempts: notifications.attempts,
      dedupeKey: notifications.dedupeKey,
      invitation: computed<PendingMail["invitation"]>(
        "invitation",
        sql`coalesce(
          (select json_build_object('id', ${recruiterCandidates.id}, 'issuedAt', ${recruiterCandidates.invitedAt}, 'path', 'recruiter-candidates/invitations') from ${recruiterCandidates}
            where ${notifications.template} = 'candidate.invited' and ${recruiterCandidates.id} = (${notifications.payload} ->> 'subject_id')::uuid and ${recruiterCandidates.status} = 'pending'),
          (select json_build_object('id', ${teamInvitations.id}, 'issuedAt', ${teamInvitations.issuedAt}, 'path', 'team-invitations/tokens') from ${teamInvitations}
            where ${notifications.template} = 'team.invitation_sent' and ${teamInvitations.id} = (${notifications.payload} ->> 'subject_id')::uuid and ${teamInvitations.status} = 'pending'))`,
      ),
    })
      .from(notifications)
      .where(
        sql`${notifications.id} = any(${idArray(ids)}) and ${notifications.channel} = 'email' and ${notifications.status} = 'pending'`,
      ),
  );
  const results: Statement[] = [];
  let open = false;
  for (const mail of pending as PendingMail[]) {
    const outcome = await sender.send(await compose(ctx, origin, mail), mail.dedupeKey);
    open ||= !outcome.sent && !outcome.final && mail.attempts + 1 < MAX_TRIES;
    results.push(recorded(ctx, mail, outcome));
  }
  if (results.length > 0) await ctx.database.writer.batch(results as never);
  return !open;
}

function recorded(ctx: Context, mail: PendingMail, outcome: MailOutcome): Statement {
  const given = !outcome.sent && (outcome.final || mail.attempts + 1 >= MAX_TRIES);
  return updateOf(notifications)
    .set({
      attempts: mail.attempts + 1,
      updatedAt: ctx.now(),
      ...(outcome.sent
        ? { status: "sent" as const, providerMessageId: outcome.id }
        : { errorMessage: outcome.reason, ...(given ? { status: "failed" as const } : {}) }),
    })
    .where(sql`${notifications.id} = ${mail.id} and ${notifications.status} = 'pending'`) as Statement;
}

async function compose(ctx: Context, origin: string, mail: PendingMail): Promise<Mail> {
  const lines = [String(mail.payload["text"] ?? mail.subject)];
  let link: string | null = null;
  if (mail.invitation) {
    const token = await ctx.ports.links.token(mail.invitation.id, new Date(mail.invitation.issuedAt));
    lines.push("To see the invitation and to answer it:");
    link = `${origin}/api/v2/${mail.invitation.path}/${token}`;
  }
  return {
    to: mail.to,
    subject: mail.subject,
    text: `${[...lines, ...(link ? [link] : [])].join("\n\n")}\n\nSplits Network\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(mail.subject)}</title></head><body>${lines.map((line) => `<p>${escape(line)}</p>`).join("")}${link ? `<p><a href="${escape(link)}">${escape(link)}</a></p>` : ""}<p>Splits Network</p></body></html>`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (words: string): string => words.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** The mails whose nudge was lost. */
export async function unsentMails(ctx: Context): Promise<string[]> {
  const [found] = await ctx.read(
    statement<{ id: string }>(sql`select id from ${notifications}
      where channel = 'email' and status = 'pending' and created_at < ops.now() - make_interval(secs => ${SWEEP_AFTER_SECONDS})
        and updated_at < ops.now() - make_interval(secs => least(${SWEEP_AFTER_SECONDS} * 2 ^ attempts, 3600))
      order by created_at limit ${SWEEP_ROWS}`),
  );
  return (found as unknown as { rows: { id: string }[] }).rows.map(({ id }) => id);
}
