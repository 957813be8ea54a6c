import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { Hono } from "hono";
import pg from "pg";
import { z } from "zod";
import { Faults, FaultRule, type Fault } from "./neon-faults.ts";
import { RequestCounts, type Counts } from "./neon-counts.ts";
import { listen, toRequest } from "./serve.ts";
import { readKept, writeSecretly } from "./kept.ts";

export interface NeonEndpointOptions {
  /** The port of 127.0.0.1 to listen on; 0 takes any free one. */
  port: number;
  /** Keeps the clocks between starts: what happened later than now stays in the past of its database. */
  clockFile?: string;
  /** The Postgres server, with credentials that may make databases. A driver's connection string names only who asks what of it. */
  server: string;
}

export interface NeonEndpoint {
  port: number;
  /** `http://127.0.0.1:<port>`; the controls are below it, under `/_local/`. */
  url: string;
  /** What `neonConfig.fetchEndpoint` takes. */
  sqlUrl: string;
  /** The address of a database on the server. */
  databaseUrl(database: string): string;
  /** What the requests with this `X-Request-Id` cost; BEGIN, COMMIT and the clock are not counted. */
  counts(requestId: string): Counts;
  /** The SQL texts of the requests with this `X-Request-Id`. */
  statements(requestId: string): readonly string[];
  /** Moves `ops.now()` of one database away from the real time (R-19). */
  setClock(database: string, offsetSeconds: number): Promise<void>;
  clock(database: string): number;
  /** Makes a database as a copy of another, which nobody may be using meanwhile. */
  createDatabase(options: { template: string; name?: string | undefined }): Promise<{ name: string; url: string }>;
  /** Drops a database, whoever is using it. */
  dropDatabase(name: string): Promise<void>;
  /** Arms a fault against the requests of one database. */
  fault(rule: FaultRule): Fault;
  stop(): Promise<void>;
}

/** Connections per database. Tests run many databases on one server of 200 connections. */
const POOL_SIZE = 16;
const IDLE_MS = 10_000;
/** Longer than any client of ours waits for an answer. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Speaks the HTTP protocol of `@neondatabase/serverless` 1.2 over an ordinary Postgres: a query, or
 * several as one transaction, which travel to the server together.
 */
export async function startNeonEndpoint({ port, server, clockFile }: NeonEndpointOptions): Promise<NeonEndpoint> {
  const pools = new Pools(server);
  const counts = new RequestCounts();
  const clocks = new Map<string, number>(clockFile === undefined ? [] : await readKept(clockFile, Clocks));
  const faults = new Faults();
  let cloning: Promise<unknown> = Promise.resolve();

  const endpoint = {
    databaseUrl: (database: string) => pools.url(database),
    counts: (requestId: string) => counts.of(requestId),
    statements: (requestId: string) => counts.statements(requestId),
    async setClock(database: string, offsetSeconds: number) {
      clocks.set(database, offsetSeconds);
      if (clockFile !== undefined) await writeSecretly(clockFile, JSON.stringify([...clocks]));
    },
    clock: (database: string) => clocks.get(database) ?? 0,
    fault: (rule: FaultRule) => faults.arm(rule),

    createDatabase({ template, name = `t_${randomBytes(8).toString("hex")}` }: { template: string; name?: string | undefined }) {
      const made = cloning.then(async () => {
        await pools.close(template); // Postgres copies no database that has a connection
        await pools.administer(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY FILE_COPY`);
        return { name, url: pools.url(name) };
      });
      cloning = made.catch(() => {});
      return made;
    },

    async dropDatabase(name: string) {
      const closed = pools.close(name); // waits for what still runs there, which the drop ends
      clocks.delete(name);
      await pools.administer(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
      await closed;
    },
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { caller, statements, batch, begin, types } = readRequest(incoming.headers, await json(incoming));
    const { database } = caller;
    const texts = statements.map((statement) => statement.text);
    const requestId = incoming.headers["x-request-id"];
    if (typeof requestId === "string") counts.add(requestId, texts);

    const leaving = new AbortController();
    const gone = new Promise<"gone">((resolve) => {
      outgoing.once("close", () => {
        leaving.abort();
        resolve("gone");
      });
    });
    const fault = faults.strike(database, texts);
    if ((await fault?.holdBefore?.(gone)) === "gone") return;

    const offset = clocks.get(database);
    const opening = [
      ...(batch || offset !== undefined ? [begin] : []),
      ...(offset === undefined ? [] : [`select set_config('ops.clock_offset', '${offset} seconds', true)`]),
    ];
    const asked = fault?.spoil?.(statements) ?? statements;
    const results = await pools.use(caller, leaving.signal, (client) => run(client, opening, asked, types));

    if ((await fault?.holdAfter?.(gone)) === "gone") return;
    if (fault?.dropsAnswer) return void outgoing.destroy();
    reply(outgoing, 200, batch ? { results } : results[0]);
  }

  const controls = controlApp(endpoint, faults);
  const served = await listen(port, async (incoming, outgoing) => {
    try {
      if (incoming.url === "/sql" && incoming.method === "POST") return await answer(incoming, outgoing);
      const response = await controls.fetch(await toRequest(incoming));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    } catch (error) {
      refuse(outgoing, error);
    }
  });

  return {
    ...endpoint,
    port: served.port,
    url: served.url,
    sqlUrl: `${served.url}/sql`,
    async stop() {
      await served.stop();
      await pools.closeAll();
    },
  };
}

/** How far ahead each database is, in seconds. */
const Clocks = z.array(z.tuple([z.string(), z.number()]));

// --- the protocol

interface Statement {
  text: string;
  values: readonly unknown[];
}

/** What of a driver's connection string counts: the database, and the name and password that Postgres judges. */
interface Caller {
  database: string;
  username: string;
  password: string;
}

interface SqlRequest {
  caller: Caller;
  statements: readonly Statement[];
  /** Whether the statements came as `queries`, and so are answered as `results`. */
  batch: boolean;
  begin: string;
  types: pg.CustomTypesConfig & { arrayMode: boolean };
}

const Query = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
const Body = z.union([z.object({ queries: z.array(Query) }), Query]);

const ISOLATION = new Map([
  ["ReadUncommitted", "READ UNCOMMITTED"],
  ["ReadCommitted", "READ COMMITTED"],
  ["RepeatableRead", "REPEATABLE READ"],
  ["Serializable", "SERIALIZABLE"],
]);

/** Types that Neon answers as JSON values when the driver does not ask for raw text: bool, int2, int4, float4, float8, json, jsonb. */
const JSON_OIDS = new Set([16, 21, 23, 700, 701, 114, 3802]);
const RAW_TEXT = { getTypeParser: () => (text: string) => text };
type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

const AS_JSON = {
  getTypeParser: (oid: TypeId) =>
    JSON_OIDS.has(oid) ? (pg.types.getTypeParser(oid) as (text: string) => unknown) : (text: string) => text,
};

function readRequest(headers: IncomingHttpHeaders, body: unknown): SqlRequest {
  const header = (name: string) => headers[`neon-${name}`]?.toString();
  const connection = header("connection-string");
  if (!connection) throw new BadRequest("The header Neon-Connection-String is missing.");
  const { pathname = "", username = "", password = "" } = URL.parse(connection) ?? {};
  const database = decodeURIComponent(pathname.slice(1));
  if (!database) throw new BadRequest("The connection string names no database.");

  const parsed = Body.safeParse(body);
  if (!parsed.success) throw new BadRequest("The body is neither {query, params} nor {queries}.");
  const batch = "queries" in parsed.data;
  const queries = "queries" in parsed.data ? parsed.data.queries : [parsed.data];

  const isolation = header("batch-isolation-level");
  const level = isolation === undefined ? undefined : ISOLATION.get(isolation);
  if (isolation !== undefined && !level) throw new BadRequest(`There is no isolation level ${isolation}.`);
  const begin = [
    "BEGIN",
    level && `ISOLATION LEVEL ${level}`,
    header("batch-read-only") === "true" && "READ ONLY",
    header("batch-deferrable") === "true" && "DEFERRABLE",
  ];

  return {
    caller: { database, username, password },
    statements: queries.map(({ query, params }) => ({ text: query, values: params })),
    batch,
    begin: begin.filter(Boolean).join(" "),
    types: {
      ...((header("raw-text-output") === "true" ? RAW_TEXT : AS_JSON) as pg.CustomTypesConfig),
      arrayMode: header("array-mode") === "true",
    },
  };
}

/** The shape of a request is wrong, as no driver would send it. */
class BadRequest extends Error {}

interface Answer {
  command: string;
  fields: pg.FieldDef[];
  rowAsArray: boolean;
  rowCount: number | null;
  rows: unknown[];
}

/**
 * Sends everything at once, without waiting in between, and reads the answers. When a statement of
 * a transaction fails, Postgres refuses those behind it and turns the COMMIT into a ROLLBACK.
 */
async function run(
  client: pg.PoolClient,
  opening: readonly string[],
  statements: readonly Statement[],
  { arrayMode, ...types }: SqlRequest["types"],
): Promise<Answer[]> {
  const opened = opening.map((text) => client.query(text));
  const sent = statements.map(({ text, values }) => {
    // Extended as with Neon: one statement each, parameters apart from the text.
    const query = { text, values: [...values], types, queryMode: "extended", ...(arrayMode ? { rowMode: "array" as const } : {}) };
    return client.query(query);
  });
  const closed = opening.length > 0 ? [client.query("COMMIT")] : [];

  const settled = await Promise.allSettled([...opened, ...sent, ...closed]);
  const failure = settled.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;

  return (await Promise.all(sent)).map(({ command, fields, rowCount, rows }) => ({
    command,
    fields,
    rowAsArray: arrayMode,
    rowCount,
    rows,
  }));
}

const ERROR_FIELDS = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const satisfies readonly (keyof pg.DatabaseError)[];

/** Starting or stopping, and out of connections: the server is there, the database is not. */
const ABSENCES = new Set<string | undefined>(["57P03", "53300"]);

/** What Postgres refuses is 400 with all its fields; a server that is away is 500, as with Neon. */
function refuse(outgoing: ServerResponse, error: unknown): void {
  if (error instanceof pg.DatabaseError && !ABSENCES.has(error.code)) {
    const fields = ERROR_FIELDS.map((field) => [field, error[field] ?? null]);
    return reply(outgoing, 400, { message: error.message, ...Object.fromEntries(fields) });
  }
  const message = error instanceof Error ? error.message : String(error);
  reply(outgoing, error instanceof BadRequest || error instanceof SyntaxError ? 400 : 500, { message, code: null });
}

function reply(outgoing: ServerResponse, status: number, body: unknown): void {
  if (outgoing.destroyed || outgoing.headersSent) return;
  const text = JSON.stringify(body);
  outgoing.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }).end(text);
}

// --- the connections

/** One pool per caller of a server. */
class Pools {
  readonly #server: URL;
  /** By the address, credentials included. */
  readonly #pools = new Map<string, { database: string; pool: pg.Pool }>();

  constructor(server: string) {
    this.#server = new URL(server);
  }

  url(database: string): string {
    const url = new URL(this.#server);
    url.pathname = `/${encodeURIComponent(database)}`;
    return url.href;
  }

  /**
   * Lends a connection and takes it back, unless it broke. When `leaving` says that nobody waits any
   * more its backend is ended, as Neon does: no lock stays, and what is not committed will not be.
   */
  async use<T>(caller: Caller, leaving: AbortSignal, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#client(caller);
    const { processID } = client as unknown as { processID: number };
    const end = () => void this.administer(`SELECT pg_terminate_backend(${processID})`).catch(() => {}); // gone already
    let sound = true;
    try {
      leaving.throwIfAborted();
      leaving.addEventListener("abort", end);
      return await work(client);
    } catch (error) {
      sound = error instanceof pg.DatabaseError && error.severity === "ERROR";
      throw error;
    } finally {
      leaving.removeEventListener("abort", end);
      client.release(leaving.aborted || !sound || client.getTransactionStatus() !== "I");
    }
  }

  async #client({ database, username, password }: Caller): Promise<pg.PoolClient> {
    const url = new URL(this.url(database));
    url.username = username;
    url.password = password;
    const known = this.#pools.get(url.href);
    if (known) return known.pool.connect();

    const pool = new pg.Pool({
      connectionString: url.href,
      max: POOL_SIZE,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      pipeline: true,
    });
    // A connection that ends fails its own queries; there is nobody else to tell.
    pool.on("error", () => {});
    pool.on("connect", (client) => void client.on("error", () => {}));
    this.#pools.set(url.href, { database, pool });
    return pool.connect();
  }

  /** Runs a statement about databases, outside any of them that may be copied or dropped. */
  async administer(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.#server.href });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async close(database: string): Promise<void> {
    const closing = [...this.#pools].filter(([, each]) => each.database === database);
    for (const [address] of closing) this.#pools.delete(address);
    await Promise.all(closing.map(([, { pool }]) => pool.end()));
  }

  async closeAll(): Promise<void> {
    const all = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(all.map(({ pool }) => pool.end()));
  }
}

// --- the controls

const Name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, "Names of databases are lower case letters, digits and _.");
const Clock = z.object({ database: z.string().min(1), offset_seconds: z.number() });
const Clone = z.object({ template: Name, name: Name.optional() });

type Controlled = Omit<NeonEndpoint, "port" | "url" | "sqlUrl" | "stop">;

/** `/_local/*`: what the methods of the endpoint do, for those in another process. */
function controlApp(endpoint: Controlled, faults: Faults): Hono {
  const app = new Hono().basePath("/_local");

  app.get("/counts", (c) => c.json(endpoint.counts(c.req.query("request_id") ?? "")));
  app.get("/statements", (c) => c.json(endpoint.statements(c.req.query("request_id") ?? "")));

  app.get("/clock", (c) => c.json({ offset_seconds: endpoint.clock(c.req.query("database") ?? "") }));
  app.post("/clock", async (c) => {
    const { database, offset_seconds } = Clock.parse(await c.req.json());
    await endpoint.setClock(database, offset_seconds);
    return c.body(null, 204);
  });

  app.post("/databases", async (c) => c.json(await endpoint.createDatabase(Clone.parse(await c.req.json())), 201));
  app.delete("/databases", async (c) => {
    await endpoint.dropDatabase(Name.parse(c.req.query("name")));
    return c.body(null, 204);
  });

  const shown = ({ id, hits, holding }: Fault) => ({ id, hits, holding });
  app.post("/faults", async (c) => c.json(shown(endpoint.fault(FaultRule.parse(await c.req.json()))), 201));
  app.get("/faults/:id", (c) => {
    const fault = faults.find(c.req.param("id"));
    return fault ? c.json(shown(fault)) : c.notFound();
  });
  app.post("/faults/:id/release", (c) => {
    faults.find(c.req.param("id"))?.release();
    return c.body(null, 204);
  });

  app.notFound((c) => c.json({ message: "There is nothing here; the driver speaks to POST /sql." }, 404));
  app.onError((error, c) => {
    if (error instanceof z.ZodError) return c.json({ message: z.prettifyError(error) }, 400);
    if (error instanceof pg.DatabaseError) return c.json({ message: error.message, code: error.code }, 400);
    return c.json({ message: error.message }, 500);
  });
  return app;
}
