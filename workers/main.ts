import { uuidv7 } from "#domain/ids.ts";
import { resend } from "#integrations/mail/resend.ts";
import { Context } from "#services/context.ts";
import { apiFor } from "./api/app.ts";
import { databaseOf, type Env, portsOf, refuseLocalSwitches } from "./runtime.ts";

export { CredentialObject } from "#durable-objects/credential.ts";

/** One Worker: HTTP by host and path, the queues' consumers, and the crons. Each loads what it needs when it is first called. */
export default {
  async fetch(request, env, execution) {
    requireSound(env);
    const api = await apiFor(request);
    return api.fetch(request, env, execution);
  },

  async queue(batch, env, execution) {
    requireSound(env);
    const { CONSUMERS } = await import("#queues/index.ts");
    const mailer = resend({ base: env.MAIL_API_BASE, key: env.MAIL_API_KEY, from: env.MAIL_FROM });
    await CONSUMERS[batch.queue]?.(batch, { ctx: systemContext(env, execution, `queue ${batch.queue}`), mailer, origin: env.API_ORIGIN });
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
  if (!sound) refuseLocalSwitches(env);
  sound = true;
}

/** A context in which the system itself acts, under a request id of its own. */
function systemContext(env: Env, execution: ExecutionContext, work: string): Context {
  const id = uuidv7(new Date(), 0, crypto.getRandomValues(new Uint8Array(8)));
  return new Context({
    caller: { kind: "system" },
    audience: "public",
    database: databaseOf(env, id),
    ports: portsOf(env, (rest) => execution.waitUntil(rest)),
    request: { id, method: "SYSTEM", path: work, ip: null, userAgent: null, organizationId: null, ifMatch: null, idempotency: null },
  });
}
