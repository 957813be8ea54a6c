import { describe, expect, it } from "vitest";
import { documentFormatOf, documentName } from "#domain/files/document.ts";

const ascii = (text: string) => Array.from(text, (sign) => sign.charCodeAt(0));
const COMPOUND = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const utf16 = (text: string) => ascii(text).flatMap((byte) => [byte, 0]);
const ZIP = [0x50, 0x4b, 0x03, 0x04];

describe("what a document is, its bytes say", () => {
  it.each([
    ["a PDF", ascii("%PDF-1.7\n"), "pdf"],
    ["a Word document of old", [...COMPOUND, ...utf16("WordDocument")], "doc"],
    ["a Word document", [...ZIP, ...ascii("..word/document.xml..")], "docx"],
    ["a program", ascii("MZ\u0090 %PDF-1.7"), null],
    ["a program of Linux", ascii("\u007fELF"), null],
    ["a script", ascii("#!/bin/sh\n%PDF-"), null],
    ["a drawing", ascii("<svg xmlns='http://www.w3.org/2000/svg'/>"), null],
    ["a page", ascii("<!doctype html>"), null],
    ["a spreadsheet of old", [...COMPOUND, ...utf16("Workbook")], null],
    ["an archive", [...ZIP, ...ascii("..word/document.txt..")], null],
    ["a Word document with macros", [...ZIP, ...ascii("word/document.xml word/vbaProject.bin")], null],
    ["a PDF that lacks its beginning", ascii("%PDF"), null],
    ["nothing", [], null],
  ])("%s", (_, bytes, format) => {
    expect(documentFormatOf(Uint8Array.from(bytes))).toBe(format);
  });
});

it.each([
  ["CV.pdf", "pdf", "CV.pdf"],
  ["CV.exe", "pdf", "CV.pdf"],
  ["C:\\Users\\ann\\CV.docx", "docx", "CV.docx"],
  ["../../etc/passwd", "pdf", "passwd.pdf"],
  ["Lebenslauf für Ämter (2).pdf", "pdf", "Lebenslauf für Ämter (2).pdf"],
  ['a"b\r\nSet-Cookie: x=1;.pdf', "pdf", "abSet-Cookie x1.pdf"],
  ["\u202Efdp.exe", "pdf", "fdp.pdf"],
  [".pdf", "pdf", "document.pdf"],
  ["", "doc", "document.doc"],
  ["x".repeat(500), "pdf", `${"x".repeat(120)}.pdf`],
] as const)("the name %j is kept as %s: %s", (given, format, kept) => {
  expect(documentName(given, format)).toBe(kept);
});
