import { sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { loginChallenges } from "#db/schema/identity.ts";
import { notifications } from "#db/schema/notify.ts";
import { insertInto, select } from "#db/statements.ts";
import { commit, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { StoredEvent, Subscriber } from "../events/handle-events.ts";

/** The template of the mail that carries a link and a code. */
export const LOGIN_TEMPLATE = "candidate.login";

/** Lets a link and a code be mailed, if the address they were asked for is a candidate's. Nobody else is written to. */
export const loginMailSubscriber: Subscriber = { name: "login-mails", hears: ["candidate.login_requested"], handle: mailLogin };

async function mailLogin(ctx: Context, event: StoredEvent, handled: Statement): Promise<void> {
  const challengeId = event.subject.id;
  const [[candidate]] = await ctx.read(
    select({ userId: candidates.userId, email: candidates.email })
      .from(loginChallenges)
      .innerJoin(
        candidates,
        sql`${candidates.email} = ${loginChallenges.email} and ${candidates.deletedAt} is null and ${candidates.erasedAt} is null`,
      )
      .where(sql`${loginChallenges.id} = ${challengeId} and ${loginChallenges.usedAt} is null and ${loginChallenges.supersededAt} is null`),
  );
  const mail =
    candidate &&
    newRow(ctx, notifications, {
      recipientUserId: candidate.userId,
      recipientEmail: candidate.email,
      eventType: event.type,
      channel: "email",
      subject: "Your code for Splits Network",
      template: LOGIN_TEMPLATE,
      payload: { subject_type: "login_challenge", subject_id: challengeId },
      status: "pending",
      priority: "urgent",
      category: "security",
      dedupeKey: `${event.id}:candidate:email`,
    });
  await commit(ctx, null, {
    write: [handled, ...(mail ? [insertInto(notifications).values(mail).onConflictDoNothing() as Statement] : [])],
    audit: [],
    events: [],
  });
  if (mail)
    ctx.ports.later(ctx.ports.mail.send([mail.id]).catch(() => ctx.ports.log("warn", "the mail queue took no nudge; the sweep will")));
}
