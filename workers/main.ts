import { endpointObject } from "#durable-objects/endpoint.ts";
import { resend } from "#integrations/mail/resend.ts";
import { apiFor } from "./api/app.ts";
import { isDocumentation, logoKeyOf, originOf, type Surface, surfaceOf } from "./hosts.ts";
import { type Env, maintenanceSeconds, refuseLocalSwitches } from "./runtime.ts";
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
  console: async (request, env, execution) => (await (await import("./console/app.ts")).consoleFor(request)).fetch(request, env, execution),
  "white-label": async (request, env, execution) => (await import("./white-label/app.tsx")).whiteLabelApp.fetch(request, env, execution),
  embed: async (request, env, execution) => (await import("./embed/app.ts")).embedApp.fetch(request, env, execution),
  portal: async (request, env, execution) => (await import("./portal/app.tsx")).portalApp.fetch(request, env, execution),
};

/** A message has few tries: none is spent on work that is not over yet. No longer than this may one be put off. */
const [SHORTEST_DELAY_SECONDS, LONGEST_DELAY_SECONDS] = [600, 12 * 3_600];

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
    const seconds = maintenanceSeconds(env);
    if (surface && seconds > 0 && !isDocumentation(request.url)) {
      return (await import("./maintenance.tsx")).maintenance(request, env, surface, seconds);
    }
    return surface ? SURFACES[surface](request, env, execution) : new Response("There is nothing at this address.\n", { status: 404 });
  },

  async queue(batch, env, execution) {
    requireSound(env);
    const seconds = maintenanceSeconds(env);
    if (seconds > 0) return batch.retryAll({ delaySeconds: Math.min(Math.max(seconds, SHORTEST_DELAY_SECONDS), LONGEST_DELAY_SECONDS) });
    const { CONSUMERS } = await import("#queues/index.ts");
    const mailer = resend({ base: env.MAIL_API_BASE, key: env.MAIL_API_KEY, from: env.MAIL_FROM });
    const origins = { console: env.CONSOLE_ORIGIN, portal: originOf("candidate", env.CONSOLE_ORIGIN) };
    await CONSUMERS[batch.queue]?.(batch, { ctx: systemContext(env, execution, `queue ${batch.queue}`), mailer, origins });
  },

  async scheduled(event, env, execution) {
    requireSound(env);
    if (maintenanceSeconds(env) > 0) return; // what is due stays due
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
