import { endpointObject } from "#durable-objects/endpoint.ts";
import { resend } from "#integrations/mail/resend.ts";
import { apiFor } from "./api/app.ts";
import { logoKeyOf, originOf, type Surface, surfaceOf } from "./hosts.ts";
import { type Env, refuseLocalSwitches } from "./runtime.ts";
import { endpointPorts, systemContext } from "./system.ts";

export { CredentialObject } from "#durable-objects/credential.ts";
export { IntakeObject } from "#durable-objects/intake.ts";
export { LoginThrottle } from "#durable-objects/login-throttle.ts";

/** The owner of an endpoint's deliveries. */
export const EndpointObject = endpointObject<Env>((env, later) => {
  requireSound(env);
  return endpointPorts(env, later);
});

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
    if (logo !== null) {
      const { filesIn, sendLogo } = await import("./files.ts");
      return sendLogo(filesIn(env.FILES), logo);
    }
    const surface = surfaceOf(request.url);
    return surface ? SURFACES[surface](request, env, execution) : new Response("There is nothing at this address.\n", { status: 404 });
  },

  async queue(batch, env, execution) {
    requireSound(env);
    const { CONSUMERS } = await import("#queues/index.ts");
    const mailer = resend({ base: env.MAIL_API_BASE, key: env.MAIL_API_KEY, from: env.MAIL_FROM });
    const origins = { api: env.API_ORIGIN, console: env.CONSOLE_ORIGIN, portal: originOf("candidate", env.CONSOLE_ORIGIN) };
    await CONSUMERS[batch.queue]?.(batch, { ctx: systemContext(env, execution, `queue ${batch.queue}`), mailer, origins });
  },

  async scheduled(event, env, execution) {
    requireSound(env);
    const { runCron } = await import("./schedule.ts");
    await runCron(event.cron, systemContext(env, execution, `cron ${event.cron}`), env);
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
