import { getTableColumns, sql } from "drizzle-orm";
import { applications, documents } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { toHex } from "#domain/bytes.ts";
import { hasEnded } from "#domain/deals/states.ts";
import { documentAdded } from "#domain/events/application.ts";
import { CONTENT_TYPES, documentFormatOf, documentName, MAX_DOCUMENT_BYTES } from "#domain/files/document.ts";
import { conflict, invalidField, notFound } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { candidateOf, ownApplications, ownDocuments, requireProof } from "./access.ts";

export type Document = typeof documents.$inferSelect;

const KEY_BYTES = 32;

/**
 * Takes a document for one of the candidate's applications: PDF, DOC or DOCX by its bytes, at most
 * 10 MB, under a key that nobody can guess. Needs a fresh proof; refuses once the application has ended.
 *
 * @param file - its bytes, or null where they were too many to be read
 */
export async function addDocument(
  ctx: Context,
  applicationId: string,
  file: { name: string; bytes: Uint8Array | null },
): Promise<Document> {
  return deciding(ctx, async () => {
    const [[application]] = await ctx.read(
      select()
        .from(applications)
        .where(sql`${applications.id} = ${applicationId} and ${ownApplications()}`),
    );
    candidateOf(ctx);
    if (!application) throw notFound("application");
    requireProof(ctx);
    if (hasEnded(application.stage)) throw conflict("This application has ended; nothing can be added to it.", { reason: "ended" });
    const { bytes, format } = acceptable(file.bytes);
    const storageKey = `documents/${toHex(ctx.ports.randomBytes(KEY_BYTES))}`;
    const row = newRow(ctx, documents, {
      entityType: "application",
      entityId: applicationId,
      documentType: "resume",
      filename: documentName(file.name, format),
      storageKey,
      contentType: CONTENT_TYPES[format],
      fileSize: bytes.length,
      metadata: { from: "candidate" },
    });
    await ctx.ports.files.put(storageKey, bytes, row.contentType);
    try {
      return await commit(ctx, row, {
        expect: [unchanged(applications, application)],
        write: [insert(documents, row)],
        audit: { action: "document.added", subject: { type: "document", id: row.id }, companyId: application.companyId },
        events: [documentAdded(application, row.id)],
      });
    } catch (error) {
      await ctx.ports.files.remove(storageKey);
      throw error;
    }
  });
}

function acceptable(bytes: Uint8Array | null) {
  if (bytes === null || bytes.length > MAX_DOCUMENT_BYTES)
    throw invalidField("file", "too_large", "This is larger than 10 MB. Please send a smaller one.");
  if (bytes.length === 0) throw invalidField("file", "required", "Choose a document first.");
  const format = documentFormatOf(bytes);
  if (format === null)
    throw invalidField("file", "unsupported_type", "This is neither a PDF nor a Word document. Please send it as one of these.");
  return { bytes, format };
}

async function readDocument(ctx: Context, id: string): Promise<Document> {
  const [[document]] = await ctx.read(
    select(getTableColumns(documents))
      .from(documents)
      .where(sql`${documents.id} = ${id} and ${ownDocuments()}`),
  );
  candidateOf(ctx);
  if (!document) throw notFound("document");
  return document;
}

/** One of the candidate's own documents with what is in it. Another's, or one that was removed, is 404. */
export const openDocument = async (ctx: Context, id: string): Promise<OpenDocument> => openFile(ctx, await readDocument(ctx, id));

/** A document with what is in it. */
export type OpenDocument = Document & { body: ReadableStream };

/** A document that was found for somebody, opened; one that was not found, or is gone, is 404. */
export async function openFile(ctx: Context, document: Document | undefined): Promise<OpenDocument> {
  const file = document && (await ctx.ports.files.get(document.storageKey));
  if (!file) throw notFound("document");
  return { ...document, body: file.body };
}

/** A document the candidate is about to remove. Needs a fresh proof. */
export async function removableDocument(ctx: Context, id: string): Promise<Document> {
  const document = await readDocument(ctx, id);
  requireProof(ctx);
  return document;
}

/** Removes one of the candidate's own documents, and what was in it. Needs a fresh proof. */
export async function removeDocument(ctx: Context, id: string): Promise<Document> {
  const removed = await deciding(ctx, async () => {
    const document = await removableDocument(ctx, id);
    return commit(ctx, document, {
      expect: [unchanged(documents, document)],
      write: [update(ctx, documents, id, { deletedAt: ctx.now() })],
      audit: { action: "document.removed", subject: { type: "document", id } },
      events: [],
    });
  });
  await ctx.ports.files.remove(removed.storageKey);
  return removed;
}
