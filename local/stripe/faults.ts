import { random, type World } from "./world.ts";

/**
 * What can go wrong with a call.
 *
 * `lost_before`: the request never arrives. `lost_after`: it is executed and its answer never arrives.
 * `stored_500`: 500 without being executed, stored under the key. `500_after`: executed, 500 is answered and stored.
 * `503`, `429`: refused unexecuted, nothing stored. `delay`: takes `ms` longer once execution began.
 * `refuse`: refused with a code of the caller's choice, stored like any refusal.
 */
export type FaultKind = "lost_before" | "lost_after" | "stored_500" | "500_after" | "503" | "429" | "delay" | "refuse";

/** Every kind of fault. */
export const FAULT_KINDS: readonly FaultKind[] = ["lost_before", "lost_after", "stored_500", "500_after", "503", "429", "delay", "refuse"];

/** A scripted fault: the next `times` calls of a route. */
export interface Fault {
  kind: FaultKind;
  /** `POST /v1/transfers`, with `*` for any part: `* /v1/invoices/*`. Absent means every call. */
  route?: string;
  /** Preset: 1. */
  times?: number;
  /** So many matching calls pass first. */
  after?: number;
  /** For `delay`, in milliseconds. Preset: 1000. */
  ms?: number;
  /** For `refuse`. */
  code?: string;
  message?: string;
  param?: string;
  /** For `refuse`: the HTTP code. Preset: 400. */
  http?: number;
}

/** Faults by chance: the same seed and the same calls give the same faults. */
export interface Chaos {
  seed: number;
  /** From 0 to 1. */
  probability: number;
  kinds: FaultKind[];
  route?: string;
  /** How many calls were decided; counted by the stand-in. */
  decided?: number;
  ms?: number;
}

/** Which faults may hit a call: before it is looked at, or only when it would be executed. */
const ON_THE_WAY: readonly FaultKind[] = ["lost_before", "lost_after", "503", "429", "delay"];

/** The faults that hit one call. */
export interface Hit {
  onTheWay: Fault | null;
  /** Decided only when the call is executed, so that a replay uses none up. */
  inside(): Fault | null;
}

/** Decides what goes wrong with a call. */
export function hitBy(world: World, method: string, path: string): Hit {
  const chance = byChance(world, method, path);
  if (chance !== null) {
    const outer = ON_THE_WAY.includes(chance.kind);
    return { onTheWay: outer ? chance : null, inside: () => (outer ? null : chance) };
  }
  return {
    onTheWay: scripted(world, method, path, (kind) => ON_THE_WAY.includes(kind)),
    inside: () => scripted(world, method, path, (kind) => !ON_THE_WAY.includes(kind)),
  };
}

function scripted(world: World, method: string, path: string, fits: (kind: FaultKind) => boolean): Fault | null {
  for (const fault of world.state.faults) {
    if (!fits(fault.kind) || !matches(fault.route, method, path)) continue;
    if ((fault.after ?? 0) > 0) {
      fault.after = (fault.after ?? 0) - 1;
      continue;
    }
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) world.state.faults = world.state.faults.filter((each) => each !== fault);
    return fault;
  }
  return null;
}

function byChance(world: World, method: string, path: string): Fault | null {
  const { chaos } = world.state;
  if (!chaos || !matches(chaos.route, method, path)) return null;
  chaos.decided = (chaos.decided ?? 0) + 1;
  const next = random(chaos.seed * 7919 + chaos.decided);
  const kind = chaos.kinds[Math.floor(next() * chaos.kinds.length)];
  if (next() >= chaos.probability || kind === undefined) return null;
  return { kind, ...(chaos.ms === undefined ? {} : { ms: chaos.ms }) };
}

/** Whether a route pattern such as `POST /v1/transfers` or `* /v1/invoices/*` covers a call. */
export function matches(route: string | undefined, method: string, path: string): boolean {
  if (route === undefined) return true;
  const pattern = route
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join("[^ ]*");
  return new RegExp(`^${pattern}$`).test(`${method} ${path}`);
}
