import { standsAt } from "./picture.ts";

/** What candidates may hand in. */
export type DocumentFormat = "pdf" | "doc" | "docx";

/** A document may weigh so much (SURFACES §5). */
export const MAX_DOCUMENT_BYTES = 10 * 1024 * 1024;

export const CONTENT_TYPES: Readonly<Record<DocumentFormat, string>> = {
  pdf: "application/pdf",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
};

const ascii = (text: string): number[] => Array.from(text, (sign) => sign.codePointAt(0) ?? 0);

const PDF = ascii("%PDF-");
/** A compound file. Installers and spreadsheets are ones, too: a Word document has a stream of this name, in UTF-16. */
const COMPOUND = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const WORD_STREAM = ascii("WordDocument").flatMap((byte) => [byte, 0]);
/** A ZIP. Its directory names what is in it: a Word document has this part, and one with macros the other. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const WORD_PART = ascii("word/document.xml");
const MACROS = ascii("vbaProject.bin");

/** What a document is by its bytes, whatever its name says; null for anything else, documents with macros included. */
export function documentFormatOf(bytes: Uint8Array): DocumentFormat | null {
  if (standsAt(bytes, 0, PDF)) return "pdf";
  if (standsAt(bytes, 0, COMPOUND)) return contains(bytes, WORD_STREAM) ? "doc" : null;
  return standsAt(bytes, 0, ZIP) && contains(bytes, WORD_PART) && !contains(bytes, MACROS) ? "docx" : null;
}

function contains(bytes: Uint8Array, wanted: readonly number[]): boolean {
  const first = wanted[0] ?? 0;
  for (let from = bytes.indexOf(first); from !== -1; from = bytes.indexOf(first, from + 1)) if (standsAt(bytes, from, wanted)) return true;
  return false;
}

const MAX_NAME = 120;

/** A name to keep a document under: the last part of what the browser said, printable, and ending as its bytes say. */
export function documentName(given: string, format: DocumentFormat): string {
  const last = given.split(/[/\\]/).at(-1) ?? "";
  const stem = last
    .replaceAll(/[^\p{L}\p{N} ._()-]/gu, "")
    .replace(/\.[^.]*$/, "")
    .trim()
    .slice(0, MAX_NAME);
  return `${stem || "document"}.${format}`;
}
