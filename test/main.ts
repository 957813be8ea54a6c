import { endpointObject } from "#durable-objects/endpoint.ts";
import worker, { CredentialObject, LoginThrottle } from "#workers/main.ts";
import type { Env } from "#workers/runtime.ts";
import { endpointPorts } from "#workers/system.ts";

/** The bindings of the marketplace that a test file made: objects of the pool's own have no other way to its database. */
export const bindings: { current?: Env } = {};

export { CredentialObject, LoginThrottle };
export const EndpointObject = endpointObject((_, later) => {
  const env = bindings.current;
  if (!env) throw new Error("Make a marketplace before its objects");
  return endpointPorts(env, later);
});
export default worker;
