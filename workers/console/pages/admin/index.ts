import { accessDecided, approvalsPage, decideAccessPage } from "./approvals.tsx";
import { auditPage } from "./audit.tsx";
import { credentialsPage, switchPage, switched } from "./credentials.tsx";
import { planChanged, plansPage } from "./plans.tsx";
import { privacyPage } from "./privacy.tsx";
import { signInsPage } from "./sign-ins.tsx";
import type { Pages } from "../../context.ts";

/** The pages of platform admins. */
export const PAGES: Pages = [
  ["GET", "/console/admin", approvalsPage],
  ["GET", "/console/admin/approvals/:id", decideAccessPage],
  ["POST", "/console/admin/approvals/:id", accessDecided],
  ["GET", "/console/admin/credentials", credentialsPage],
  ["GET", "/console/admin/:kind/:id/:switch", switchPage],
  ["POST", "/console/admin/:kind/:id/:switch", switched],
  ["GET", "/console/admin/plans", plansPage],
  ["POST", "/console/admin/plans", planChanged],
  ["GET", "/console/admin/audit", auditPage],
  ["GET", "/console/admin/sign-ins", signInsPage],
  ["GET", "/console/admin/privacy", privacyPage],
];
