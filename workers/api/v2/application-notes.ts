import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { NOTE_TYPES, NOTE_VISIBILITIES } from "#db/schema/ats.ts";
import { createNote, deleteNote, type Note, noteNoun, updateNote } from "#services/applications/note.ts";
import { getOne, type Included, listOf } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Deleted, deleted, Id, included, Instant, OverrideReason, summary, text } from "./shapes.ts";

const NoteShape = z
  .object({
    id: Id,
    application_id: Id,
    note_type: z.enum(NOTE_TYPES),
    visibility: z.enum(NOTE_VISIBILITIES),
    message_text: z.string(),
    created_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("ApplicationNote");

export const note = (row: Note | Included<Note>) => ({
  id: row.id,
  application_id: row.applicationId,
  created_by_user_id: row.createdByUserId,
  created_by_type: row.createdByType,
  note_type: row.noteType,
  visibility: row.visibility,
  message_text: row.messageText,
  in_response_to_id: row.inResponseToId,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { author: summary }),
});

const NoteInput = z
  .strictObject({
    application_id: Id,
    note_type: z.enum(NOTE_TYPES).default("note"),
    visibility: z.enum(NOTE_VISIBILITIES).default("shared"),
    message_text: text(10_000),
    in_response_to_id: Id.nullish(),
  })
  .openapi("ApplicationNoteInput");

export function applicationNotes(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Note>(api, {
    path: "/application-notes",
    access: ["application-notes", "list"],
    summary: "List the notes of an application",
    noun: noteNoun,
    filters: z.object({ application_id: Id, note_type: z.enum(NOTE_TYPES), visibility: z.enum(NOTE_VISIBILITIES) }),
    requiredFilters: ["application_id"],
    item: NoteShape,
    run: (ctx, query) => listOf<Note>(ctx, noteNoun, query),
    present: note,
  });
  operation(api, {
    method: "post",
    path: "/application-notes",
    access: ["application-notes", "create"],
    summary: "Leave a note",
    body: NoteInput,
    replies: [201, NoteShape],
    run: (ctx, { body }) =>
      createNote(ctx, {
        applicationId: body.application_id,
        noteType: body.note_type,
        visibility: body.visibility,
        messageText: body.message_text,
        inResponseToId: body.in_response_to_id ?? null,
      }),
    present: note,
  });
  readOperation<Note>(api, {
    path: "/application-notes/{id}",
    access: ["application-notes", "get"],
    summary: "Read a note",
    noun: noteNoun,
    item: NoteShape,
    run: (ctx, id, include) => getOne<Note>(ctx, noteNoun, id, include),
    present: note,
  });
  operation<{ id: string }, object, { message_text: string; reason?: string | undefined; version?: number | undefined }, Note>(api, {
    method: "patch",
    path: "/application-notes/{id}",
    access: ["application-notes", "update"],
    summary: "Change one's own note",
    body: z.strictObject({ message_text: text(10_000), reason: OverrideReason, version: z.int().optional() }),
    replies: [200, NoteShape],
    run: (ctx, { params, body }) => updateNote(ctx, params.id, body.message_text, body.version),
    present: note,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/application-notes/{id}",
    access: ["application-notes", "delete"],
    summary: "Take back a note",
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteNote(ctx, params.id),
    present: deleted,
  });
}
