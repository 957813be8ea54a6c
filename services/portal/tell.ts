import { getTableColumns, sql } from "drizzle-orm";
import { applications, interviewAvailability, portalMessages } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { hasEnded } from "#domain/deals/states.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { availabilityGiven, messageSent } from "#domain/events/application.ts";
import { readTimes, type TimeRange } from "#domain/portal/times.ts";
import { conflict, invalid, invalidField, notFound } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { candidateOf, ownApplications, reachedCompany } from "./access.ts";

type Application = typeof applications.$inferSelect & { reachedCompany: boolean };

const MAX_MESSAGE = 4_000;

/** Adds what the candidate says about an application to it, and tells whoever works on it. Refuses once it has ended. */
async function tell(
  ctx: Context,
  applicationId: string,
  make: (application: Application) => { action: string; write: Statement; event: DomainEvent },
): Promise<void> {
  await deciding(ctx, async () => {
    const [[application]] = await ctx.read(
      select({ ...getTableColumns(applications), reachedCompany: reachedCompany() })
        .from(applications)
        .where(sql`${applications.id} = ${applicationId} and ${ownApplications()}`),
    );
    candidateOf(ctx);
    if (!application) throw notFound("application");
    if (hasEnded(application.stage)) throw conflict("This application has ended; nobody works on it any more.", { reason: "ended" });
    const { action, write, event } = make(application);
    await commit(ctx, null, {
      expect: [unchanged(applications, application)],
      write: [write],
      audit: { action, subject: { type: "application", id: applicationId }, companyId: application.companyId },
      events: [event],
    });
  });
}

/** When the candidate can be met, in their own time zone; it is kept in UTC. What was said before no longer counts. */
export const offerTimes = (ctx: Context, applicationId: string, timeZone: string, ranges: readonly TimeRange[]): Promise<void> =>
  tell(ctx, applicationId, (application) => {
    const read = readTimes(timeZone, ranges, ctx.now());
    if ("errors" in read)
      throw invalid(...Object.entries(read.errors).map(([name, message]) => ({ pointer: `/${name}`, code: "invalid", message })));
    const row = newRow(ctx, interviewAvailability, { applicationId, slots: read.slots, providedAt: ctx.now() });
    return {
      action: "availability.given",
      write: insert(interviewAvailability, row),
      event: availabilityGiven(application, row.id, application.reachedCompany),
    };
  });

/** Relays a message to whoever works on the application, neither side learning the other's address. */
export const writeMessage = (ctx: Context, applicationId: string, text: string): Promise<void> =>
  tell(ctx, applicationId, (application) => {
    const body = text.trim();
    if (body === "") throw invalidField("message", "required", "Write a message first.");
    if (body.length > MAX_MESSAGE) throw invalidField("message", "too_long", `A message may have ${MAX_MESSAGE} characters.`);
    const row = newRow(ctx, portalMessages, { applicationId, body });
    return {
      action: "message.sent",
      write: insert(portalMessages, row),
      event: messageSent(application, row.id, application.reachedCompany),
    };
  });
