import { type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  declineMailed,
  type InvitationKind,
  openMailed,
  resendMailed,
  revokeMailed,
  type ShownInvitation,
} from "#services/mailed-invitations.ts";
import type { Context } from "#services/context.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, operation } from "../operation.ts";
import { Deleted, deleted, OverrideReason } from "./shapes.ts";

const Token = z.string().min(1).max(200).openapi({ description: "From the mail" });

const InvitationAction = z.strictObject({ reason: OverrideReason, version: z.int().optional() }).openapi("InvitationAction");
const InvitationAnswer = z.strictObject({ token: Token }).openapi("InvitationAnswer");

/** What a kind of mailed invitation says of itself on its routes. */
interface MailedOperations<Shown extends ShownInvitation, Joined> {
  resource: string;
  kind: InvitationKind<Shown>;
  item: z.ZodType;
  present: (row: Shown) => Record<string, unknown>;
  /** What whoever holds the token may know. */
  preview: z.ZodType;
  presentPreview: (row: Shown) => Record<string, unknown>;
  accept: {
    summary: string;
    description: string;
    reply: z.ZodType;
    run: (ctx: Context, id: string, token: string) => Promise<Joined>;
    present: (joined: Joined) => Record<string, unknown>;
  };
}

/** Registers what can be done with one mailed invitation, by its token and by who manages it. */
export function mailedOperations<Shown extends ShownInvitation, Joined>(
  api: OpenAPIHono<ApiEnv>,
  { resource, kind, item, present, preview, presentPreview, accept }: MailedOperations<Shown, Joined>,
): void {
  operation(api, {
    method: "get",
    path: `/${resource}/{id}/preview`,
    access: [resource, "preview"],
    summary: "Read an invitation by its token",
    description: "404 for an unknown token, 410 for one whose invitation is over, 409 for an accepted one.",
    audience: "public",
    params: idParameter,
    query: z.strictObject({ token: Token }),
    replies: [200, preview],
    run: (ctx, { params, query }) => openMailed(ctx, kind, params.id, query.token),
    present: presentPreview,
  });
  operation(api, {
    method: "post",
    path: `/${resource}/{id}/accept`,
    access: [resource, "accept"],
    summary: accept.summary,
    description: accept.description,
    audience: "person",
    params: idParameter,
    body: InvitationAnswer,
    replies: [200, accept.reply],
    run: (ctx, { params, body }) => accept.run(ctx, params.id, body.token),
    present: accept.present,
  });
  operation(api, {
    method: "post",
    path: `/${resource}/{id}/decline`,
    access: [resource, "decline"],
    summary: "Decline an invitation",
    description: "Signed in with the address that was invited. The invitation is over.",
    audience: "person",
    params: idParameter,
    body: InvitationAnswer,
    replies: [200, preview],
    run: (ctx, { params, body }) => declineMailed(ctx, kind, params.id, body.token),
    present: presentPreview,
  });
  operation(api, {
    method: "post",
    path: `/${resource}/{id}/resend`,
    access: [resource, "resend"],
    summary: "Mail an invitation again",
    description: "With a new token and seven new days; the old token dies.",
    params: idParameter,
    body: InvitationAction,
    replies: [200, item],
    run: (ctx, { params, body }) => resendMailed(ctx, kind, params.id, body.version),
    present,
  });
  operation(api, {
    method: "delete",
    path: `/${resource}/{id}`,
    access: [resource, "delete"],
    summary: "Take an invitation back",
    description: "An unanswered one; its token opens nothing from then on. The row stays, as revoked.",
    params: idParameter,
    replies: [200, Deleted],
    run: (ctx, { params }) => revokeMailed(ctx, kind, params.id),
    present: deleted,
  });
}
