import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { getMe, type Me } from "#services/credentials/get-me.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import type { ApiEnv } from "../app.ts";
import { Id } from "../v2/shapes.ts";
import { operation } from "./operation.ts";

const MeShape = z
  .object({
    user_id: Id,
    account: z
      .object({ id: Id, kind: z.enum(["company", "team", "recruiter", "platform"]), plan: z.enum(["standard", "premium", "enterprise"]) })
      .nullable(),
    account_ids: z.array(Id).openapi({ description: "With a session: every account you may name in X-Account-Id" }),
    credential: z.object({ kind: z.enum(["key", "grant", "session"]), id: Id.nullable(), scopes: z.array(z.enum(SCOPES)) }),
  })
  .openapi("Me");

const present = (me: Me): z.infer<typeof MeShape> => ({
  user_id: me.userId,
  account: me.account,
  account_ids: [...me.accountIds],
  credential: { kind: me.via, id: me.credentialId, scopes: [...me.scopes] },
});

export function me(api: OpenAPIHono<ApiEnv>): void {
  operation<object, object, undefined, Me>(api, {
    method: "get",
    path: "/me",
    need: "any",
    access: ["me", "get"],
    summary: "Who you are here",
    description: "The person behind the credential, the account within which it acts, and what it may do.",
    replies: [200, MeShape],
    run: (ctx) => getMe(ctx),
    present,
  });
}
