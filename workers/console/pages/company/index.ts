import { companyChosen } from "../../company-pages.tsx";
import { accessCodeMade, accessCodeRevoked, accessCodesFile, accessCodesPage } from "./access-codes.tsx";
import { embedCodePage } from "./embed-code.tsx";
import { intakeAnswered, intakeFile, intakePage, intakeRequestPage } from "./intake.tsx";
import { brandSaved, pageSaved, slugSaved, whiteLabelPage } from "./white-label.tsx";
import { fieldsSaved, originsSaved, turnstileSaved, widgetPage, wordsSaved } from "./widget.tsx";
import type { Pages } from "../../context.ts";

/** The pages of whoever looks after a company. */
export const PAGES: Pages = [
  ["GET", "/console/company", (c) => c.redirect("/console/company/white-label", 303)],
  ["POST", "/console/company", companyChosen],
  ["GET", "/console/company/white-label", whiteLabelPage],
  ["POST", "/console/company/white-label", pageSaved],
  ["POST", "/console/company/white-label/brand", brandSaved],
  ["POST", "/console/company/white-label/slug", slugSaved],
  ["GET", "/console/company/access-codes", accessCodesPage],
  ["GET", "/console/company/access-codes.csv", accessCodesFile],
  ["POST", "/console/company/access-codes", accessCodeMade],
  ["POST", "/console/company/access-codes/:id/revoke", accessCodeRevoked],
  ["GET", "/console/company/intake", intakePage],
  ["GET", "/console/company/intake.csv", intakeFile],
  ["GET", "/console/company/intake/:id", intakeRequestPage],
  ["POST", "/console/company/intake/:id/accept", intakeAnswered("accepted")],
  ["POST", "/console/company/intake/:id/decline", intakeAnswered("declined")],
  ["GET", "/console/company/widget", widgetPage],
  ["POST", "/console/company/widget", wordsSaved],
  ["POST", "/console/company/widget/origins", originsSaved],
  ["POST", "/console/company/widget/fields", fieldsSaved],
  ["POST", "/console/company/widget/turnstile", turnstileSaved],
  ["GET", "/console/company/embed-code", embedCodePage],
];
