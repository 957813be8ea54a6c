import type { Context as HonoContext } from "hono";
import { type Caller, Context, type ContextParts } from "#services/context.ts";
import { databaseOf, type Env, portsOf } from "./runtime.ts";

/** What is needed of a request: whichever app it came to. */
type Call = Pick<HonoContext<{ Bindings: Env }>, "env" | "executionCtx"> & {
  var: { requestId: string };
  req: Pick<HonoContext["req"], "method" | "path" | "header">;
};

/** What verbs work with for whoever shows no credential of an API: nobody in particular, or a visitor by their cookie. */
export const contextOfStranger = (c: Call, caller: Caller = { kind: "anonymous" }, admit?: ContextParts["admit"]): Context =>
  new Context({
    caller,
    ...(admit ? { admit } : {}),
    audience: "public",
    database: databaseOf(c.env, c.var.requestId),
    ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
    request: {
      id: c.var.requestId,
      method: c.req.method,
      path: c.req.path,
      ip: c.req.header("cf-connecting-ip") ?? null,
      userAgent: c.req.header("user-agent") ?? null,
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
  });
