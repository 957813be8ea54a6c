import { HOME } from "#domain/identity/session.ts";
import type { Page, Pages } from "../context.ts";

/** Whoever builds with the development sign-in has it; nothing else names it (IDENTITY §5). */
const DEVELOPMENT: Pages = __DEV_AUTH__
  ? (["GET", "POST"] as const).map((method) => [method, "/dev/sign-in", async (c) => (await import("./dev-sign-in.tsx")).devSignIn(c)])
  : [];

/** The documentation stands on the API's host, wherever a page of ours links to it. */
const atTheApi: Page = (c) => c.redirect(`${c.env.API_ORIGIN}${new URL(c.req.url).pathname}`, 303);

/** The pages of whoever signs in, and of those who have not yet. Each is loaded when it is first asked for. */
export const PAGES: Pages = [
  ["GET", "/", (c) => c.redirect(HOME, 303)],
  ...["/docs", "/docs/*", "/openapi.json", "/postman.json"].map((path) => ["GET", path, atTheApi] as const),
  ["GET", "/sign-in", async (c) => (await import("./sign-in.tsx")).signInPage(c)],
  ["POST", "/sign-in", async (c) => (await import("./sign-in.tsx")).signInStarted(c)],
  ["GET", "/sso/oidc/callback", async (c) => (await import("./sign-in.tsx")).signInReturned(c)],
  ["GET", "/oauth/authorize", async (c) => (await import("./authorize.tsx")).authorizePage(c)],
  ["POST", "/oauth/authorize", async (c) => (await import("./authorize.tsx")).authorizePage(c)],
  ["GET", "/white-label/sign-in", async (c) => (await import("./hand-over.tsx")).handedOver(c)],
  ["POST", "/sign-out", async (c) => (await import("./sessions.tsx")).signedOut(c)],
  ["POST", "/session/organization", async (c) => (await import("./home.tsx")).organizationChosen(c)],
  ["GET", "/console", async (c) => (await import("./home.tsx")).homePage(c)],
  ["GET", "/console/notifications", async (c) => (await import("./notifications.tsx")).notificationsPage(c)],
  ["POST", "/console/notifications/read", async (c) => (await import("./notifications.tsx")).allNotificationsRead(c)],
  ["POST", "/console/notifications/:id/read", async (c) => (await import("./notifications.tsx")).notificationRead(c)],
  ["GET", "/console/applications", async (c) => (await import("./applications.tsx")).applicationsPage(c)],
  ["GET", "/console/applications/:id", async (c) => (await import("./applications.tsx")).applicationPage(c)],
  ["GET", "/console/documents/:id", async (c) => (await import("./applications.tsx")).documentPage(c)],
  ["GET", "/console/invitations/:id", async (c) => (await import("./invitations.tsx")).organizationInvitation.shown(c)],
  ["POST", "/console/invitations/:id/accept", async (c) => (await import("./invitations.tsx")).organizationInvitation.accepted(c)],
  ["POST", "/console/invitations/:id/decline", async (c) => (await import("./invitations.tsx")).organizationInvitation.declined(c)],
  ["GET", "/console/team-invitations/:id", async (c) => (await import("./invitations.tsx")).teamInvitation.shown(c)],
  ["POST", "/console/team-invitations/:id/accept", async (c) => (await import("./invitations.tsx")).teamInvitation.accepted(c)],
  ["POST", "/console/team-invitations/:id/decline", async (c) => (await import("./invitations.tsx")).teamInvitation.declined(c)],
  ["GET", "/console/sessions", async (c) => (await import("./sessions.tsx")).sessionsPage(c)],
  ["GET", "/console/sessions/end-all", async (c) => (await import("./sessions.tsx")).endAllPage(c)],
  ["POST", "/console/sessions/end-all", async (c) => (await import("./sessions.tsx")).allSessionsEnded(c)],
  ["POST", "/console/sessions/:id/end", async (c) => (await import("./sessions.tsx")).sessionEnded(c)],
  ...DEVELOPMENT,
];
