import { openDocument, removableDocument, removeDocument } from "#services/portal/documents.ts";
import { Confirm } from "#ui/parts.tsx";
import { download } from "../../download.ts";
import type { OutsidePage } from "../../outside.tsx";
import { atOf, goTo, idOf, visit } from "../context.ts";
import { sendFrame } from "../frame.tsx";

/** One of the candidate's own documents. */
export const documentPage: OutsidePage = async (c) => download(await openDocument(await visit(c), idOf(c)));

/** Asks once more before a document is gone. */
export const removePage: OutsidePage = async (c) => {
  const [at, document] = [atOf(c), await removableDocument(await visit(c), idOf(c))];
  return sendFrame(
    c,
    "Remove a document",
    "",
    <Confirm
      title={`Remove ${document.filename}?`}
      action="Remove it"
      to={at(`/documents/${document.id}/remove`)}
      back={at(`/applications/${document.entityId}`)}
    >
      <p>Nobody can read it from then on. You can add it again at any time.</p>
    </Confirm>,
  );
};

export const documentRemoved: OutsidePage = async (c) => {
  const { entityId } = await removeDocument(await visit(c), idOf(c));
  return goTo(c, `/applications/${entityId}?done=removed`);
};
