import type { EndpointPorts } from "#durable-objects/endpoint.ts";
import { Context } from "#services/context.ts";
import { late } from "./late.ts";
import { databaseOf, type Env, maintenanceSeconds, newRequestId, portsOf } from "./runtime.ts";

/** What an endpoint's object works with: its rows are kept by verbs, in which the system acts. */
export const endpointPorts = (env: Env, later: (work: Promise<unknown>) => void): EndpointPorts => ({
  ...portsOf(env, later),
  deliveries: late(async () =>
    (await import("#services/webhooks/deliveries.ts")).deliveriesIn(() => {
      // the object asks again in a while, as if the tables were away
      if (maintenanceSeconds(env) > 0) throw new Error("work is being done on the database");
      return systemContext(env, { waitUntil: later }, "endpoint");
    }),
  ),
});

/** A context in which the system itself acts, under a request id of its own. */
export function systemContext(env: Env, execution: Pick<ExecutionContext, "waitUntil"> & { cache?: CacheContext }, work: string): Context {
  const id = newRequestId();
  return new Context({
    caller: { kind: "system" },
    audience: "public",
    database: databaseOf(env, id),
    ports: portsOf(env, (rest) => execution.waitUntil(rest), execution.cache),
    request: { id, method: "SYSTEM", path: work, ip: null, userAgent: null, organizationId: null, ifMatch: null, idempotency: null },
  });
}
