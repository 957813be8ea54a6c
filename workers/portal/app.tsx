import type { MiddlewareHandler } from "hono";
import { isUuid } from "#domain/ids.ts";
import type { Refusal } from "#domain/refusals.ts";
import { noteSeen } from "#services/sessions/session.ts";
import { PROBLEMS } from "../api/problems.ts";
import { type OutsideContext, type OutsideEnv, outsideApp, refusalBehind } from "../outside.tsx";
import { atOf, dropVisit, portalPath } from "./context.ts";
import { ProveFirst, sendSlim } from "./frame.tsx";
import { applicationPage, documentPosted, documentTooLarge, messagePosted } from "./pages/application.tsx";
import { applicationsPage } from "./pages/applications.tsx";
import { availabilityPage, availabilityPosted } from "./pages/availability.tsx";
import { documentPage, documentRemoved, removePage } from "./pages/documents.tsx";
import { invitationAccepted, invitationDeclined, invitationPage } from "./pages/invitation.tsx";
import {
  codePage,
  codeTried,
  linkOverPage,
  linkPage,
  linkUsed,
  loginAsked,
  loginPage,
  portalLinkPage,
  portalLinkUsed,
  proofAsked,
  signedOut,
} from "./pages/login.tsx";
import { cameBack, consentWithdrawn, dataDownloaded, erasureAsked, leftPage, optedOut, privacyPage } from "./pages/privacy.tsx";
import { withdrawalPosted, withdrawalUndone, withdrawPage } from "./pages/withdraw.tsx";

/** Documents may weigh 10 MB, and the rest of their form a little. */
const MAX_BODY_BYTES = 10 * 1024 * 1024 + 64 * 1024;

/** What answers candidates, on `candidate.` and under `/candidate` on `portal.`. */
export const portalApp = outsideApp({ referrer: "no-referrer", maxBytes: MAX_BODY_BYTES, getPath: portalPath });

/** Nothing of the portal is to be found by searching, and afterwards the visit was seen. */
const unlisted: MiddlewareHandler<OutsideEnv> = async (c, next) => {
  await next();
  c.res.headers.set("X-Robots-Tag", "noindex");
  if (c.var.ctx) c.executionCtx.waitUntil(noteSeen(c.var.ctx));
};

portalApp.use(unlisted);

portalApp.get("/", applicationsPage);
portalApp.get("/login", (c) => loginPage(c));
portalApp.post("/login", loginAsked);
portalApp.get("/code", (c) => codePage(c));
portalApp.post("/code", codeTried);
portalApp.get("/login/link/:link", linkPage);
portalApp.post("/login/link/:link", linkUsed);
portalApp.get("/invitation/:token", invitationPage);
portalApp.post("/invitation/:token/accept", invitationAccepted);
portalApp.post("/invitation/:token/decline", invitationDeclined);
portalApp.post("/prove", proofAsked);
portalApp.post("/sign-out", signedOut);

portalApp.get("/applications/:id", applicationPage);
portalApp.post("/applications/:id/documents", documentPosted);
portalApp.get("/applications/:id/availability", availabilityPage);
portalApp.post("/applications/:id/availability", availabilityPosted);
portalApp.post("/applications/:id/contact", messagePosted);
portalApp.get("/applications/:id/withdraw", withdrawPage);
portalApp.post("/applications/:id/withdraw", withdrawalPosted);
portalApp.post("/applications/:id/withdraw/undo", withdrawalUndone);
portalApp.get("/documents/:id", documentPage);
portalApp.get("/documents/:id/remove", removePage);
portalApp.post("/documents/:id/remove", documentRemoved);

portalApp.get("/privacy", privacyPage);
portalApp.post("/privacy/consents/:id", consentWithdrawn);
portalApp.post("/privacy/download", dataDownloaded);
portalApp.post("/privacy/delete", erasureAsked);
portalApp.post("/opt-out", optedOut);
portalApp.post("/come-back", cameBack);

portalApp.get("/:token{[A-Za-z0-9_-]{43}}", portalLinkPage);
portalApp.post("/:token{[A-Za-z0-9_-]{43}}", portalLinkUsed);

portalApp.notFound((c) => nothingHere(c));
portalApp.onError(async (error, c) => {
  const refusal = refusalBehind(c, error);
  const [, application = ""] = UPLOAD.exec(c.req.path) ?? [];
  if (refusal.code !== "body_too_large" || !isUuid(application)) return refused(c, refusal);
  return documentTooLarge(c, application).catch((why: unknown) => refused(c, refusalBehind(c, why)));
});

/** Where a document is sent to; its page is the application's. */
const UPLOAD = /^\/applications\/([^/]+)\/documents$/;

async function refused(c: OutsideContext, refusal: Refusal): Promise<Response> {
  if (refusal.members.reason === "opted_out") return leftPage(c);
  return PAGES[refusal.code]?.(c, refusal) ?? sorryPage(c, refusal);
}

const nothingHere = (c: OutsideContext): Promise<Response> =>
  sendSlim(
    c,
    "There is nothing here",
    <p>
      The address may be incomplete, or what was here is gone. <a href={atOf(c)("/")}>See your applications</a>.
    </p>,
    404,
  );

/** What is said where somebody cannot simply be told no. */
const PAGES: Readonly<Partial<Record<Refusal["code"], (c: OutsideContext, refusal: Refusal) => Promise<Response>>>> = {
  missing_credential: (c) => {
    dropVisit(c);
    return loginPage(c, 401);
  },
  proof_required: (c) =>
    sendSlim(
      c,
      "Is it you?",
      <ProveFirst at={atOf(c)} next={pageOf(c.req.path)}>
        This cannot be taken back by us.
      </ProveFirst>,
      403,
    ),
  gone: (c, { message }) => linkOverPage(c, message, "This is over", 410),
  not_found: (c) =>
    /^\/[\w-]{43}$/.test(c.req.path)
      ? linkOverPage(c, "We do not know this link. Ask for a new one with your e-mail address.", "This link leads nowhere", 404)
      : nothingHere(c),
};

/** The page on which something stands that is sent to a path. */
function pageOf(path: string): string {
  const [, application] = UPLOAD.exec(path) ?? [];
  if (application) return `/applications/${application}`;
  return /^\/(?:privacy\/|opt-out|come-back)/.test(path) ? "/privacy" : path;
}

const TITLES: Readonly<Record<number, string>> = {
  409: "This has changed meanwhile",
  413: "This is too large",
  429: "One moment, please",
  500: "Something went wrong here",
  503: "We will be back in a moment",
};

const sorryPage = (c: OutsideContext, { code, message, members }: Refusal): Promise<Response> => {
  const { status } = PROBLEMS[code];
  if (typeof members["retry_after"] === "number") c.header("Retry-After", String(members["retry_after"]));
  return sendSlim(
    c,
    TITLES[status] ?? "This cannot be done",
    <>
      <p>{message}</p>
      <p>
        <a href={atOf(c)("/")}>See your applications</a>
      </p>
      <p class="soft small">
        Should you write to us about it, name <code>{c.var.requestId}</code>
      </p>
    </>,
    status,
  );
};
