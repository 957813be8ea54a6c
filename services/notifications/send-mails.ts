import { sql } from "drizzle-orm";
import { candidatePortalTokens, candidates } from "#db/schema/ats.ts";
import { invitations, loginChallenges } from "#db/schema/identity.ts";
import { recruiterCandidates, teamInvitations } from "#db/schema/network.ts";
import { notifications } from "#db/schema/notify.ts";
import { computed, select, statement, updateOf } from "#db/statements.ts";
import { idArray } from "../events/handle-events.ts";
import type { Context, Statement } from "../context.ts";
import { CODE_MINUTES } from "../login/ask-for-login.ts";
import { LOGIN_TEMPLATE } from "../login/mail-login.ts";
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
  template: string;
  /** What its token opens, and the page for it; null once the invitation is no longer open. */
  invitation: { id: string; issuedAt: string; host: "console" | "portal"; path: string } | null;
  /** A candidate's link into the portal, unless they have left it. */
  portal: { id: string; issuedAt: string } | null;
  /** A link and a code to sign in with, sealed for their challenge; null once they were sent, or are no longer good. */
  login: { id: string; sealed: string; optedOut: boolean } | null;
}

/** Where links in mails lead. */
export interface Origins {
  console: string;
  portal: string;
}

/**
 * Sends the pending mails among these rows. The row's dedupe key is the provider's idempotency
 * key, so a mail whose answer was lost is not sent twice.
 *
 * @returns whether every one has found its end
 */
export async function sendMails(ctx: Context, sender: MailSender, origins: Origins, ids: readonly string[]): Promise<boolean> {
  const [pending] = await ctx.read(
    select({
      id: notifications.id,
      to: sql<string>`${notifications.recipientEmail}`,
      subject: notifications.subject,
      payload: notifications.payload,
      attempts: notifications.attempts,
      dedupeKey: notifications.dedupeKey,
      template: notifications.template,
      portal: computed<PendingMail["portal"]>(
        "portal",
        sql`(select json_build_object('id', t.id, 'issuedAt', t.issued_at) from ${candidatePortalTokens} t join ${candidates} c on c.id = t.candidate_id
          where c.id = (${notifications.payload} ->> 'portal_of')::uuid and c.email = ${notifications.recipientEmail}
            and t.ended_at is null and t.expires_at > ops.now() and c.portal_opted_out_at is null and c.erased_at is null
          order by t.issued_at desc limit 1)`,
      ),
      login: computed<PendingMail["login"]>(
        "login",
        sql`(select json_build_object('id', l.id, 'sealed', l.mail_sealed, 'optedOut', c.portal_opted_out_at is not null)
          from ${loginChallenges} l join ${candidates} c on c.email = l.email
          where ${notifications.template} = ${LOGIN_TEMPLATE} and l.id = (${notifications.payload} ->> 'subject_id')::uuid
            and l.mail_sealed is not null and l.used_at is null and l.superseded_at is null and l.expires_at > ops.now())`,
      ),
      invitation: computed<PendingMail["invitation"]>(
        "invitation",
        sql`coalesce(
          (select json_build_object('id', ${recruiterCandidates.id}, 'issuedAt', ${recruiterCandidates.invitedAt}, 'host', 'portal', 'path', '/invitation/{token}') from ${recruiterCandidates}
            where ${notifications.template} = 'candidate.invited' and ${recruiterCandidates.id} = (${notifications.payload} ->> 'subject_id')::uuid and ${recruiterCandidates.status} = 'pending'),
          (select json_build_object('id', ${teamInvitations.id}, 'issuedAt', ${teamInvitations.issuedAt}, 'host', 'console', 'path', '/console/team-invitations/' || ${teamInvitations.id} || '?token={token}') from ${teamInvitations}
            where ${notifications.template} = 'team.invitation_sent' and ${teamInvitations.id} = (${notifications.payload} ->> 'subject_id')::uuid and ${teamInvitations.status} = 'pending'),
          (select json_build_object('id', ${invitations.id}, 'issuedAt', ${invitations.issuedAt}, 'host', 'console', 'path', '/console/invitations/' || ${invitations.id} || '?token={token}') from ${invitations}
            where ${notifications.template} = 'invitation.created' and ${invitations.id} = (${notifications.payload} ->> 'subject_id')::uuid and ${invitations.status} = 'pending'))`,
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
    const composed = await compose(ctx, origins, mail);
    const outcome = composed ? await sender.send(composed, mail.dedupeKey) : OVER;
    open ||= !outcome.sent && !outcome.final && mail.attempts + 1 < MAX_TRIES;
    results.push(recorded(ctx, mail, outcome), ...(outcome.sent && mail.login ? [unsealed(mail.login.id)] : []));
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

/** A newer mail took the place of this one, or it waited too long: what it would say is no longer good. */
const OVER: MailOutcome = { sent: false, final: true, reason: "over" };

/** What was mailed is kept no longer. */
const unsealed = (challengeId: string): Statement =>
  updateOf(loginChallenges)
    .set({ mailSealed: null })
    .where(sql`${loginChallenges.id} = ${challengeId}`) as Statement;

/** The mails that say nothing without the link they carry. */
const INVITING: ReadonlySet<string> = new Set(["candidate.invited", "team.invitation_sent", "invitation.created"]);

/** A paragraph, or an address that stands on a line of its own. */
type Part = string | { link: string };

/** A mail in words; null where what it would carry is no longer good. */
async function compose(ctx: Context, origins: Origins, mail: PendingMail): Promise<Mail | null> {
  const parts: Part[] = [];
  if (mail.template === LOGIN_TEMPLATE) {
    const opened = mail.login && (await ctx.ports.seal.open(mail.login.sealed, mail.login.id));
    if (!mail.login || !opened) return null;
    parts.push(...loginParts(JSON.parse(opened) as { link: string; code: string }, origins.portal, mail.login.optedOut));
  } else {
    parts.push(String(mail.payload["text"] ?? mail.subject));
  }
  if (typeof mail.payload["page"] === "string")
    parts.push("Read on in the console:", { link: `${origins.console}${mail.payload["page"]}` });
  if (!mail.invitation && INVITING.has(mail.template)) return null;
  if (mail.invitation) {
    const token = await ctx.ports.links.token(mail.invitation.id, new Date(mail.invitation.issuedAt));
    parts.push("To see the invitation and to answer it:", {
      link: `${origins[mail.invitation.host]}${mail.invitation.path.replace("{token}", token)}`,
    });
  }
  if (mail.portal) {
    const token = await ctx.ports.links.token(mail.portal.id, new Date(mail.portal.issuedAt));
    parts.push("See where all your applications stand:", { link: `${origins.portal}/${token}` });
    parts.push("You would rather not have such a page? You can leave it at any time, under “Privacy” on it.");
  }
  return {
    to: mail.to,
    subject: mail.subject,
    text: `${[...parts.map((part) => (typeof part === "string" ? part : part.link)), "Splits Network"].join("\n\n")}\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(mail.subject)}</title></head><body>${[...parts, "Splits Network"].map(paragraph).join("")}</body></html>`,
  };
}

const loginParts = ({ link, code }: { link: string; code: string }, portal: string, optedOut: boolean): Part[] => [
  `Your code is ${code}. It is good for ${CODE_MINUTES} minutes, in the browser where you asked for it.`,
  "Or open this link:",
  { link: `${portal}/login/link/${link}` },
  ...(optedOut ? ["You have left the portal, so we send you nothing else about it. If you sign in, you can choose to come back."] : []),
  "You did not ask for this? Then there is nothing to do: without the code nobody gets in.",
];

const paragraph = (part: Part): string =>
  typeof part === "string" ? `<p>${escape(part)}</p>` : `<p><a href="${escape(part.link)}">${escape(part.link)}</a></p>`;

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
