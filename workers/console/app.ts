import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { toBase64Url } from "#domain/bytes.ts";
import { HOME } from "#domain/identity/session.ts";
import { Refusal } from "#domain/refusals.ts";
import { SecretGone } from "#services/context.ts";
import { noteSeen } from "#services/sessions/session.ts";
import { pageHeaders } from "#ui/headers.ts";
import { guessingTwice } from "../api/operation.ts";
import { refusalOf } from "../api/problems.ts";
import { log, logFault, newRequestId } from "../runtime.ts";
import { crossSite, sameOrigin } from "../same-origin.ts";
import { dropSession, type PageContext, type PageEnv, requireStorable, signInPath, wantedPath } from "./context.ts";
import { keepForm } from "./kept-form.ts";
import { frame } from "./frame.tsx";
import { authorizePage } from "./pages/authorize.tsx";
import { approvalsPage, decideAccessPage, accessDecided } from "./pages/admin/approvals.tsx";
import { auditPage } from "./pages/admin/audit.tsx";
import { credentialsPage, switchPage, switched } from "./pages/admin/credentials.tsx";
import { planChanged, plansPage } from "./pages/admin/plans.tsx";
import { privacyPage } from "./pages/admin/privacy.tsx";
import { applicationPage, applicationsPage, documentPage } from "./pages/applications.tsx";
import {
  appDeleted,
  appEdited,
  appPage,
  appRegistered,
  appRotated,
  appsPage,
  deleteAppPage,
  editAppPage,
  endGrantPage,
  grantEnded,
  grantsPage,
  newAppPage,
  rotateAppPage,
} from "./pages/developers/apps.tsx";
import {
  adoptKeyPage,
  keyAdopted,
  keyPage,
  keyRequested,
  keyRevoked,
  keyRotated,
  keysPage,
  newKeyPage,
  revokeKeyPage,
  rotateKeyPage,
} from "./pages/developers/keys.tsx";
import { logsPage, requestPage } from "./pages/developers/logs.tsx";
import { accountChosen, accountPage, overviewPage } from "./pages/developers/overview.tsx";
import { deliveriesPage, deliveryPage, deliveryReplayed } from "./pages/developers/deliveries.tsx";
import { newReplayPage, replayAsked, replayChanged, replayPage } from "./pages/developers/replays.tsx";
import {
  deleteSiemPage,
  newSiemPage,
  siemAdded,
  siemDeleted,
  siemDestinationPage,
  siemPage,
  siemSwitched,
  siemTested,
} from "./pages/developers/siem.tsx";
import { overageChosen, usagePage } from "./pages/developers/usage.tsx";
import { companyChosen } from "./company-pages.tsx";
import { accessCodeMade, accessCodeRevoked, accessCodesFile, accessCodesPage } from "./pages/company/access-codes.tsx";
import { intakeAnswered, intakeFile, intakePage, intakeRequestPage } from "./pages/company/intake.tsx";
import { brandSaved, pageSaved, slugSaved, whiteLabelPage } from "./pages/company/white-label.tsx";
import { embedCodePage } from "./pages/company/embed-code.tsx";
import { fieldsSaved, originsSaved, turnstileSaved, widgetPage, wordsSaved } from "./pages/company/widget.tsx";
import { changelogPage, deprecationsPage } from "./pages/developers/versions.tsx";
import {
  deleteWebhookPage,
  disableWebhookPage,
  editWebhookPage,
  newWebhookPage,
  rotateWebhookPage,
  webhookAdded,
  webhookDeleted,
  webhookDisabled,
  webhookEdited,
  webhookEnabled,
  webhookPage,
  webhookRotated,
  webhooksPage,
  webhookTested,
} from "./pages/developers/webhooks.tsx";
import { errorPage, goneSecretPage } from "./pages/error.tsx";
import { homePage, organizationChosen } from "./pages/home.tsx";
import { allNotificationsRead, notificationRead, notificationsPage } from "./pages/notifications.tsx";
import { endAllPage, allSessionsEnded, sessionEnded, sessionsPage, signedOut } from "./pages/sessions.tsx";
import { signInPage, signInReturned, signInStarted } from "./pages/sign-in.tsx";
import { handedOver } from "./pages/hand-over.tsx";
import { withinAccount } from "./partner-pages.tsx";

const MAX_BODY_BYTES = 256 * 1024;
const NONCE_BYTES = 16;

/** Every page has a request id, and afterwards its session was seen. */
const identified: MiddlewareHandler<PageEnv> = async (c, next) => {
  c.set("requestId", newRequestId());
  await next();
  c.res.headers.set("X-Request-Id", c.var.requestId);
  log("info", "request", { request_id: c.var.requestId, method: c.req.method, route: c.req.routePath, status: c.res.status });
  const { ctx } = c.var;
  if (ctx?.session) c.executionCtx.waitUntil(noteSeen(ctx).catch((error: unknown) => logFault(c.var.requestId, error)));
};

const guarded: MiddlewareHandler<PageEnv> = async (c, next) => {
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  c.set("nonce", nonce);
  await next();
  const policy = {
    style: { nonce },
    production: c.env.ENVIRONMENT !== "development",
    formTarget: c.var.formTarget,
    referrer: /^\/(?:console|developers)(?:\/|$)/.test(c.req.path) ? "same-origin" : "no-referrer",
  } as const;
  for (const [name, value] of Object.entries(pageHeaders(policy))) c.res.headers.set(name, value);
};

/** Pages read their addresses themselves; none needs to expect what no table can hold. */
const storable: MiddlewareHandler<PageEnv> = async (c, next) => {
  requireStorable(new URL(c.req.url).searchParams);
  await next();
};

type Page = (c: PageContext) => Response | Promise<Response>;

/** Every page and every form of the console. */
const PAGES: readonly (readonly ["GET" | "POST", string, Page])[] = [
  ["GET", "/", (c) => c.redirect(HOME, 303)],
  ["GET", "/sign-in", signInPage],
  ["POST", "/sign-in", signInStarted],
  ["GET", "/sso/oidc/callback", signInReturned],
  ["GET", "/oauth/authorize", authorizePage],
  ["POST", "/oauth/authorize", authorizePage],
  ["GET", "/white-label/sign-in", handedOver],
  ["POST", "/sign-out", signedOut],
  ["POST", "/session/organization", organizationChosen],
  ["GET", "/console", homePage],
  ["GET", "/console/notifications", notificationsPage],
  ["POST", "/console/notifications/read", allNotificationsRead],
  ["POST", "/console/notifications/:id/read", notificationRead],
  ["GET", "/console/applications", applicationsPage],
  ["GET", "/console/applications/:id", applicationPage],
  ["GET", "/console/documents/:id", documentPage],
  ["GET", "/console/sessions", sessionsPage],
  ["GET", "/console/sessions/end-all", endAllPage],
  ["POST", "/console/sessions/end-all", allSessionsEnded],
  ["POST", "/console/sessions/:id/end", sessionEnded],
  ["GET", "/developers/account", accountPage],
  ["POST", "/developers/account", accountChosen],
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
  ["GET", "/console/admin", approvalsPage],
  ["GET", "/console/admin/approvals/:id", decideAccessPage],
  ["POST", "/console/admin/approvals/:id", accessDecided],
  ["GET", "/console/admin/credentials", credentialsPage],
  ["GET", "/console/admin/:kind/:id/:switch", switchPage],
  ["POST", "/console/admin/:kind/:id/:switch", switched],
  ["GET", "/console/admin/plans", plansPage],
  ["POST", "/console/admin/plans", planChanged],
  ["GET", "/console/admin/audit", auditPage],
  ["GET", "/console/admin/privacy", privacyPage],
];

/** The pages within one account. */
const ACCOUNT_PAGES: typeof PAGES = [
  ["GET", "/developers", overviewPage],
  ["GET", "/developers/keys", keysPage],
  ["GET", "/developers/keys/new", newKeyPage],
  ["POST", "/developers/keys/new", keyRequested],
  ["GET", "/developers/keys/:id", keyPage],
  ["GET", "/developers/keys/:id/rotate", rotateKeyPage],
  ["POST", "/developers/keys/:id/rotate", keyRotated],
  ["GET", "/developers/keys/:id/adopt", adoptKeyPage],
  ["POST", "/developers/keys/:id/adopt", keyAdopted],
  ["GET", "/developers/keys/:id/revoke", revokeKeyPage],
  ["POST", "/developers/keys/:id/revoke", keyRevoked],
  ["GET", "/developers/apps", appsPage],
  ["GET", "/developers/apps/new", newAppPage],
  ["POST", "/developers/apps/new", appRegistered],
  ["GET", "/developers/apps/:id", appPage],
  ["GET", "/developers/apps/:id/edit", editAppPage],
  ["POST", "/developers/apps/:id/edit", appEdited],
  ["GET", "/developers/apps/:id/rotate", rotateAppPage],
  ["POST", "/developers/apps/:id/rotate", appRotated],
  ["GET", "/developers/apps/:id/delete", deleteAppPage],
  ["POST", "/developers/apps/:id/delete", appDeleted],
  ["GET", "/developers/grants", grantsPage],
  ["GET", "/developers/grants/:id/end", endGrantPage],
  ["POST", "/developers/grants/:id/end", grantEnded],
  ["GET", "/developers/usage", usagePage],
  ["POST", "/developers/usage", overageChosen],
  ["GET", "/developers/logs", logsPage],
  ["GET", "/developers/logs/:id", requestPage],
  ["GET", "/developers/deprecations", deprecationsPage],
  ["GET", "/developers/changelog", changelogPage],
  ["GET", "/developers/webhooks", webhooksPage],
  ["GET", "/developers/webhooks/new", newWebhookPage],
  ["POST", "/developers/webhooks/new", webhookAdded],
  ["GET", "/developers/webhooks/:id", webhookPage],
  ["GET", "/developers/webhooks/:id/edit", editWebhookPage],
  ["POST", "/developers/webhooks/:id/edit", webhookEdited],
  ["POST", "/developers/webhooks/:id/test", webhookTested],
  ["GET", "/developers/webhooks/:id/rotate", rotateWebhookPage],
  ["POST", "/developers/webhooks/:id/rotate", webhookRotated],
  ["GET", "/developers/webhooks/:id/disable", disableWebhookPage],
  ["POST", "/developers/webhooks/:id/disable", webhookDisabled],
  ["POST", "/developers/webhooks/:id/enable", webhookEnabled],
  ["GET", "/developers/webhooks/:id/delete", deleteWebhookPage],
  ["POST", "/developers/webhooks/:id/delete", webhookDeleted],
  ["GET", "/developers/webhooks/:id/replay", newReplayPage],
  ["POST", "/developers/webhooks/:id/replay", replayAsked],
  ["GET", "/developers/deliveries", deliveriesPage],
  ["GET", "/developers/deliveries/:id", deliveryPage],
  ["POST", "/developers/deliveries/:id/replay", deliveryReplayed],
  ["GET", "/developers/replays/:id", replayPage],
  ["POST", "/developers/replays/:id/:action", replayChanged],
  ["GET", "/developers/siem", siemPage],
  ["GET", "/developers/siem/new", newSiemPage],
  ["POST", "/developers/siem/new", siemAdded],
  ["GET", "/developers/siem/:id", siemDestinationPage],
  ["POST", "/developers/siem/:id/test", siemTested],
  ["POST", "/developers/siem/:id/switch", siemSwitched],
  ["GET", "/developers/siem/:id/delete", deleteSiemPage],
  ["POST", "/developers/siem/:id/delete", siemDeleted],
];

/** What answers on the console's host: pages behind the gates that guard cookies. */
export const consoleApp = new Hono<PageEnv>();

// the generator's preview asks here, as the console's policy demands; it is anybody's to read (SURFACES §2.1)
consoleApp.get("/api/v1/intake/:companyId", async (c) =>
  (await import("../embed/intake.ts")).intakeApp.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext),
);

consoleApp.use(identified, guarded, frame, bodyLimit({ maxSize: MAX_BODY_BYTES }), csrf(), sameOrigin, storable);

const ALL = [...ACCOUNT_PAGES.map(([method, path, page]) => [method, path, withinAccount(page)] as const), ...PAGES];
for (const [method, path, page] of ALL) {
  const hasPage = ALL.some(([other, at]) => other === "GET" && at === path);
  consoleApp.on(method, path, (c) => {
    c.set("hasPage", hasPage);
    return guessingTwice(async () => page(c));
  });
}

if (__DEV_AUTH__) {
  consoleApp.on(["GET", "POST"], "/dev/sign-in", async (c) => (await import("./pages/dev-sign-in.tsx")).devSignIn(c));
}

consoleApp.notFound((c) => errorPage(c, new Refusal("not_found", "There is no such page, or it is not for you.")));

consoleApp.onError(async (error, c) => {
  const refusal = error instanceof HTTPException ? refusalOfGate(error) : refusalOf(error);
  if (refusal.code === "missing_credential") {
    dropSession(c);
    if (c.req.method === "POST") await keepForm(c);
    return c.redirect(signInPath(wantedPath(c)), 303);
  }
  if (error instanceof SecretGone) return goneSecretPage(c);
  if (refusal.code === "internal") logFault(c.var.requestId, error);
  return errorPage(c, refusal);
});

/** What hono's own gates refuse, in our words. */
const refusalOfGate = ({ status }: HTTPException): Refusal =>
  status === 413 ? new Refusal("body_too_large", "A form may have 256 KB at most.") : crossSite();
