import { eq, getTableColumns, sql } from "drizzle-orm";
import { applicationNotes } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import type { Party } from "#domain/deals/deal.ts";
import { noteCreated } from "#domain/events/application.ts";
import { forbidden, invalidField } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type DealAtHand, readDeal } from "../deals/change-deal.ts";
import { type Noun, rowById } from "../listing.ts";
import { editableNotes, readableNotes } from "./notes-access.ts";
import type { Right } from "../rights.ts";

export type Note = typeof applicationNotes.$inferSelect & { editable: Right };

export const noteNoun = {
  name: "note",
  table: applicationNotes,
  columns: { ...getTableColumns(applicationNotes), editable: computed<Right>("editable", editableNotes()) },
  readable: readableNotes,
  filters: {
    application_id: (id: string) => eq(applicationNotes.applicationId, id),
    note_type: (type: string) => sql`${applicationNotes.noteType} = ${type}`,
    visibility: (visibility: string) => sql`${applicationNotes.visibility} = ${visibility}`,
  },
  includes: {
    author: {
      rows: (ids) =>
        select({ id: users.id, name: users.name })
          .from(users)
          .where(sql`${users.id} in (select created_by_user_id from ${applicationNotes} where id in ${ids})`),
      parentKey: "createdByUserId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Note>;

export interface NewNote {
  applicationId: string;
  noteType: Note["noteType"];
  visibility: Note["visibility"];
  messageText: string;
  inResponseToId: string | null;
}

/** Whose note stands on which side: nobody writes on the side they cannot read. */
const MAY_WRITE: Readonly<Record<Note["visibility"], readonly Party[]>> = {
  shared: ["candidate", "candidate_recruiter", "company_recruiter", "company_admin", "hiring_manager", "platform_admin"],
  company_only: ["company_admin", "hiring_manager", "company_recruiter", "platform_admin"],
  candidate_only: ["candidate", "candidate_recruiter", "platform_admin"],
};

const author = ({ actor }: DealAtHand, visibility: Note["visibility"]): Party => {
  const party = MAY_WRITE[visibility].find((each) => actor.parties.has(each));
  if (!party) throw forbidden(`You have no part on the side of ${visibility} notes.`);
  return party;
};

/** Leaves a note on an application, for the side it is meant for. */
export async function createNote(ctx: Context, note: NewNote): Promise<Note> {
  return deciding(ctx, async () => {
    const answered = select({ id: applicationNotes.id })
      .from(applicationNotes)
      .where(
        sql`${applicationNotes.id} = ${note.inResponseToId} and ${applicationNotes.applicationId} = ${note.applicationId} and ${readableNotes()}`,
      );
    const deal = await readDeal(ctx, { applicationId: note.applicationId }, answered);
    const createdByType = author(deal, note.visibility);
    if (note.inResponseToId && (deal.more[0] as unknown[]).length === 0) {
      throw invalidField("in_response_to_id", "unknown", "There is no such note on this application.");
    }
    const row = newRow(ctx, applicationNotes, { ...note, createdByUserId: ctx.userId, createdByType });
    const { application } = deal;
    return commit(
      ctx,
      { ...row, editable: "own" },
      {
        write: [insert(applicationNotes, row)],
        audit: {
          action: "application.note_created",
          subject: { type: "application_note", id: row.id },
          after: { noteType: row.noteType, visibility: row.visibility },
          companyId: application.companyId,
        },
        events: [noteCreated(application, row.id)],
      },
    );
  });
}

/** Changes one's own note. */
export async function updateNote(ctx: Context, id: string, messageText: string, version?: number): Promise<Note> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(rowById<Note>(ctx, noteNoun, id));
    const note = editable(ctx, "note", id, found as Note | undefined);
    expectVersion(ctx, note, version);
    if (!differing(note, { messageText })) return asItStands(ctx, note);
    const changed = { ...note, messageText, version: note.version + 1, updatedAt: ctx.now() };
    return commit(ctx, changed, {
      expect: [unchanged(applicationNotes, note)],
      write: [update(ctx, applicationNotes, id, { messageText })],
      audit: { action: "application.note_updated", subject: { type: "application_note", id }, before: note, after: changed },
      events: [],
    });
  });
}

/** Takes back one's own note; platform admins may remove any. */
export async function deleteNote(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(rowById<Note>(ctx, noteNoun, id));
    const note = editable(ctx, "note", id, found as Note | undefined);
    expectVersion(ctx, note);
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(applicationNotes, note)],
        write: [update(ctx, applicationNotes, id, { deletedAt: ctx.now() })],
        audit: { action: "application.note_deleted", subject: { type: "application_note", id }, before: note },
        events: [],
      },
    );
  });
}
