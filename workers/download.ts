import type { OpenDocument } from "#services/portal/documents.ts";

/** A document as a download, never shown within a page. */
export const download = ({ body, contentType, fileSize, filename }: OpenDocument): Response =>
  new Response(body, {
    headers: {
      "Content-Type": contentType,
      "Content-Length": String(fileSize),
      "Content-Disposition": `attachment; filename="${filename.replaceAll(/[^\w .()-]/g, "_")}"; filename*=UTF-8''${encodeURIComponent(filename)}`,
    },
  });
