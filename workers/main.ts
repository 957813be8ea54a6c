import { resend } from "#integrations/mail/resend.ts";
import { Context } from "#services/context.ts";
import { apiFor } from "./api/app.ts";
import { filesIn, logoKeyOf, sendLogo } from "./files.ts";
import { originOf, type Surface, surfaceOf } from "./hosts.ts";
import { databaseOf, type Env, newRequestId, portsOf, refuseLocalSwitches } from "./runtime.ts";

export { CredentialObject } from "#durable-objects/credential.ts";
export { IntakeObject } from "#durable-objects/intake.ts";
export { LoginThrottle } from "#durable-objects/login-throttle.ts";

/** Asked for at start, so that an environment of wrangler.toml which does not say dies here (IDENTITY §5). */
const hasDevSignIn = __DEV_AUTH__;

/** Who answers for each surface. Pages are evaluated when the first one is asked for, not at start. */
const SURFACES: Readonly<Record<Surface, (request: Request, env: Env, execution: ExecutionContext) => Promise<Response>>> = {
  api: async (request, env, execution) => (await apiFor(request)).fetch(request, env, execution),
  console: async (request, env, execution) => (await import("./console/app.ts")).consoleApp.fetch(request, env, execution),
  "white-label": async (request, env, execution) => (await import("./white-label/app.tsx")).whiteLabelApp.fetch(request, env, execution),
  embed: async (request, env, execution) => (await import("./embed/app.ts")).embedApp.fetch(request, env, execution),
  portal: async (request, env, execution) => (await import("./portal/app.tsx")).portalApp.fetch(request, env, execution),
};

/** One Worker: HTTP by host and path, the queues' consumers, and the crons. Each loads what it needs when it is first called. */
export default {
  async fetch(request, env, execution) {
    requireSound(env);
    const logo = logoKeyOf(request.url);
    if (logo !== null) return sendLogo(filesIn(env.FILES), logo);
    const surface = surfaceOf(request.url);
    return surface ? SURFACES[surface](request, env, execution) : new Response("There is nothing at this address.\n", { status: 404 });
  },

  async queue(batch, env, execution) {
    requireSound(env);
    const { CONSUMERS } = await import("#queues/index.ts");
    const mailer = resend({ base: env.MAIL_API_BASE, key: env.MAIL_API_KEY, from: env.MAIL_FROM });
    const origins = { api: env.API_ORIGIN, portal: originOf("candidate", env.CONSOLE_ORIGIN) };
    await CONSUMERS[batch.queue]?.(batch, { ctx: systemContext(env, execution, `queue ${batch.queue}`), mailer, origins });
  },

  async scheduled(event, env, execution) {
    requireSound(env);
    const { runCron } = await import("./schedule.ts");
    await runCron(event.cron, systemContext(env, execution, `cron ${event.cron}`));
  },
} satisfies ExportedHandler<Env>;

let sound = false;

/** Whatever calls first, the bindings are looked at once. */
function requireSound(env: Env): void {
  if (sound) return;
  refuseLocalSwitches(env);
  if (hasDevSignIn && env.ENVIRONMENT !== "development") throw new Error("This build contains the development sign-in");
  sound = true;
}

/** A context in which the system itself acts, under a request id of its own. */
function systemContext(env: Env, execution: ExecutionContext, work: string): Context {
  const id = newRequestId();
  return new Context({
    caller: { kind: "system" },
    audience: "public",
    database: databaseOf(env, id),
    ports: portsOf(env, (rest) => execution.waitUntil(rest), execution.cache),
    request: { id, method: "SYSTEM", path: work, ip: null, userAgent: null, organizationId: null, ifMatch: null, idempotency: null },
  });
}
