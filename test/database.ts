import { inject } from "vitest";

// Everything goes over HTTP to the endpoint of test/global-setup.ts, so that it works in Node and in workerd.

/** What should go wrong with the requests to one database; local/neon-faults.ts explains the actions. */
export interface FaultOrder {
  /** A regular expression over the SQL texts; without one every request is meant. */
  match?: string;
  action: "hold_before" | "hold_after" | "fail" | "drop_after";
  /** The SQLSTATE of `fail`. */
  code?: string;
  /** How many requests are struck. */
  times?: number;
}

export interface FaultState {
  /** How many requests were struck. */
  hits: number;
  /** How many of them are held now. */
  holding: number;
}

export interface ArmedFault {
  id: string;
  state(): Promise<FaultState>;
  /** Resolves when so many requests are held at the same time. */
  held(requests?: number): Promise<void>;
  /** Lets go what is held and disarms the fault. */
  release(): Promise<void>;
}

export interface Counts {
  round_trips: number;
  statements: number;
}

export interface TestDatabase {
  name: string;
  /** Its address: for the Neon driver with `<neonUrl>/sql` as endpoint, or for `pg` directly. */
  url: string;
  /** The root of the Neon endpoint. */
  neonUrl: string;
  /** Moves `ops.now()` of this database away from the real time. */
  setClock(offsetSeconds: number): Promise<void>;
  /** What the requests with this `X-Request-Id` cost. */
  counts(requestId: string): Promise<Counts>;
  /** The SQL texts of the requests with this `X-Request-Id`. */
  statements(requestId: string): Promise<string[]>;
  /** Arms a fault against the requests to this database. */
  fault(order: FaultOrder): Promise<ArmedFault>;
  drop(): Promise<void>;
}

/** A database of a test file's own, copied from the migrated template (or from another database). */
export async function testDatabase(template = "template_splits"): Promise<TestDatabase> {
  const neonUrl = inject("neonUrl");

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${neonUrl}/_local/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  const { name, url } = await control<{ name: string; url: string }>("POST", "databases", { template });

  return {
    name,
    url,
    neonUrl,
    setClock: (offsetSeconds) => control("POST", "clock", { database: name, offset_seconds: offsetSeconds }),
    counts: (requestId) => control("GET", `counts?request_id=${encodeURIComponent(requestId)}`),
    statements: (requestId) => control("GET", `statements?request_id=${encodeURIComponent(requestId)}`),
    async fault(order) {
      const { id } = await control<{ id: string }>("POST", "faults", { ...order, database: name });
      const state = () => control<FaultState>("GET", `faults/${id}`);
      return {
        id,
        state,
        async held(requests = 1) {
          while ((await state()).holding < requests) await new Promise((resolve) => setTimeout(resolve, 5));
        },
        release: () => control("POST", `faults/${id}/release`),
      };
    },
    drop: () => control("DELETE", `databases?name=${name}`),
  };
}
