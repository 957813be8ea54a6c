import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle, type NeonHttpDatabase } from "drizzle-orm/neon-http";

/** Where the database is, and which request its trips belong to. */
export interface Address {
  url: string;
  /** The `/sql` address of the local stand-in; production has none and speaks to Neon itself. */
  endpoint?: string | undefined;
  requestId: string;
}

/** Postgres over HTTP: one round trip a call, each batch one transaction. */
export interface Database {
  /** Read-only snapshots: whatever is read together was true together. */
  reader: NeonHttpDatabase;
  writer: NeonHttpDatabase;
}

/** A database that does not answer a read within this time counts as away. */
const READ_TIMEOUT_MS = 4_000;
/** Longer than the 5 s that a commit waits for a lock. */
const WRITE_TIMEOUT_MS = 9_000;

/** What the driver hands over: its own request, and the options of `connect`. */
interface Trip extends RequestInit {
  headers: Record<string, string>;
  requestId: string;
}

neonConfig.fetchFunction = (url: string, { requestId, ...request }: Trip) => {
  const reads = request.headers["Neon-Batch-Read-Only"] === "true";
  return fetch(url, {
    ...request,
    headers: { ...request.headers, "X-Request-Id": requestId },
    signal: AbortSignal.timeout(reads ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS),
  });
};

/** Opens nothing: every call is its own HTTP request. */
export function connect({ url, endpoint, requestId }: Address): Database {
  if (endpoint) neonConfig.fetchEndpoint = endpoint;
  const options = { fetchOptions: { requestId } };
  return {
    reader: drizzle(neon(url, { ...options, isolationLevel: "RepeatableRead", readOnly: true }), { casing: "snake_case" }),
    writer: drizzle(neon(url, options), { casing: "snake_case" }),
  };
}
