import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Hono } from "hono";
import { z } from "zod";
import { keeper, readKept } from "./kept.ts";
import { listPage, mailPage, nothingPage } from "./mail-pages.ts";
import { serve } from "./serve.ts";

const Caught = z.object({
  id: z.string(),
  created_at: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  html: z.string().nullable(),
  text: z.string().nullable(),
  reply_to: z.array(z.string()),
  headers: z.record(z.string(), z.string()),
  tags: z.array(z.object({ name: z.string(), value: z.string() })),
  idempotency_key: z.string().nullable(),
});

/** A mail as it was accepted, in the provider's words. */
export type Mail = Readonly<z.output<typeof Caught>>;

export interface MailCatcherOptions {
  /** The port of 127.0.0.1 to listen on; 0 takes any free one. */
  port: number;
  /** The API key that senders must show. */
  key: string;
  /** Keeps the mails between starts; without it every start begins with none. */
  stateFile?: string;
}

export interface MailCatcher {
  /** `http://127.0.0.1:<port>`: the inbox in a browser, and what the mail port takes as API base. */
  url: string;
  /** What was caught, newest first. */
  mails(): readonly Mail[];
  stop(): Promise<void>;
}

const KEPT_MAILS = 1_000;
const KEPT_KEY_MS = 24 * 3_600_000;

/** What goes wrong with the next `times` sends. */
const Fault = z.strictObject({
  /**
   * `slow` accepts at once and answers `ms` later; `lose_answer` accepts and cuts the connection;
   * `rate_limit` and `server_error` refuse with 429 and 500.
   */
  action: z.enum(["slow", "lose_answer", "rate_limit", "server_error"]),
  times: z.int().positive(),
  ms: z.int().nonnegative().default(1_000),
});

const Line = z.string().regex(/^[^\r\n]*$/, "must be one line");
/** `name@host` or `Name <name@host>` */
const Address = Line.regex(
  /^(?:[^<>]*<[^\s@<>,;]+@[^\s@<>,;]+>|[^\s@<>,;]+@[^\s@<>,;]+)$/,
  "must be `email@example.com` or `Name <email@example.com>`",
);
const Addresses = z.union([Address, z.array(Address).min(1).max(50)]).transform((given) => [given].flat());
const Tag = z.string().regex(/^[\w-]{1,256}$/, "may only hold ASCII letters, numbers, underscores and dashes");

const Sending = z.strictObject({
  from: Address,
  to: Addresses,
  subject: Line,
  html: z.string().optional(),
  text: z.string().optional(),
  reply_to: Addresses.optional(),
  headers: z.record(z.string().regex(/^[\w-]+$/, "must be a header name"), Line).optional(),
  tags: z.array(z.strictObject({ name: Tag, value: Tag })).optional(),
});

/** A refusal as the provider words it. */
class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What became of an idempotency key. While the first request waits for its answer there is no id yet. */
const Keyed = z.object({ body: z.string(), id: z.string().optional(), at: z.number() });
type Keyed = z.output<typeof Keyed>;

const State = z.object({ mails: z.array(Caught), keys: z.array(z.tuple([z.string(), Keyed])) });

/** Starts a stand-in for Resend: its HTTP API for sending, and the caught mails as pages and as JSON. */
export async function startMailCatcher({ port, key, stateFile }: MailCatcherOptions): Promise<MailCatcher> {
  const kept = stateFile === undefined ? undefined : await readKept(stateFile, State);
  const caught: Mail[] = kept?.mails ?? [];
  const keys = new Map<string, Keyed>(kept?.keys);
  const state = keeper(stateFile, () => JSON.stringify({ mails: caught, keys: [...keys].filter(([, { id }]) => id !== undefined) }));
  const faults: z.output<typeof Fault>[] = [];
  const stopped = new AbortController();

  const takeFault = () => {
    const fault = faults[0];
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times === 0) faults.shift();
    return fault;
  };

  const accept = (mail: z.output<typeof Sending>, idempotencyKey: string | null): Mail => {
    const accepted: Mail = {
      id: randomUUID(),
      created_at: new Date().toISOString(),
      from: mail.from,
      to: mail.to,
      subject: mail.subject,
      html: mail.html ?? null,
      text: mail.text ?? null,
      reply_to: mail.reply_to ?? [],
      headers: mail.headers ?? {},
      tags: mail.tags ?? [],
      idempotency_key: idempotencyKey,
    };
    caught.unshift(accepted);
    caught.length = Math.min(caught.length, KEPT_MAILS);
    state.changed();
    return accepted;
  };

  const app = new Hono();

  app.post("/emails", async (c) => {
    requireKey(c.req.header("authorization"), key);
    const fault = takeFault();
    if (fault?.action === "rate_limit") {
      c.header("Retry-After", "1");
      throw new Refused(429, "rate_limit_exceeded", "Too many requests. Slow down and try again.");
    }
    if (fault?.action === "server_error") throw new Refused(500, "internal_server_error", "An unexpected error occurred.");

    const idempotencyKey = c.req.header("idempotency-key") ?? null;
    if (idempotencyKey !== null && !/^.{1,256}$/.test(idempotencyKey)) {
      throw new Refused(400, "invalid_idempotency_key", "The idempotency key must have 1 to 256 characters.");
    }
    const given: unknown = await c.req.json().catch(() => undefined);
    const mail = parseSending(given);
    const body = JSON.stringify(given);

    const first = idempotencyKey === null ? undefined : keyed(keys, idempotencyKey);
    if (first && first.body !== body) {
      throw new Refused(409, "invalid_idempotent_request", "This idempotency key was used with another body.");
    }
    if (first && first.id === undefined) {
      throw new Refused(409, "concurrent_idempotent_requests", "A request with this idempotency key is still in progress.");
    }

    const entry: Keyed = first ?? { body, id: undefined, at: Date.now() };
    if (idempotencyKey !== null) keys.set(idempotencyKey, entry);
    const id = entry.id ?? accept(mail, idempotencyKey).id;
    if (fault?.action === "slow") await pause(fault.ms, undefined, { signal: stopped.signal }).catch(() => {});
    entry.id = id;
    state.changed();
    await state.written(); // what was accepted is not forgotten

    return fault?.action === "lose_answer" ? Response.error() : c.json({ id });
  });
  app.all("/emails", () => {
    throw new Refused(405, "method_not_allowed", "Send mails with POST.");
  });

  app.get("/", (c) => {
    const to = c.req.query("to")?.trim() ?? "";
    return listPage(to === "" ? caught : caught.filter((mail) => isTo(mail, to)), to);
  });
  app.get("/mails/:id", (c) => {
    const mail = caught.find(({ id }) => id === c.req.param("id"));
    return mail ? mailPage(mail) : nothingPage();
  });

  app.get("/_local/mails", (c) => {
    const { to, since } = c.req.query();
    const from = since === undefined ? 0 : Date.parse(since);
    if (Number.isNaN(from)) throw new Refused(422, "validation_error", "`since` must be an instant such as 2026-01-31T12:00:00Z.");
    return c.json({ data: caught.filter((mail) => Date.parse(mail.created_at) >= from && (to === undefined || isTo(mail, to))) });
  });
  app.post("/_local/faults", async (c) => {
    const fault = Fault.safeParse(await c.req.json().catch(() => undefined));
    if (!fault.success) throw new Refused(422, "validation_error", z.prettifyError(fault.error));
    faults.push(fault.data);
    return c.json(fault.data, 201);
  });

  app.notFound((c) => c.json({ statusCode: 404, name: "not_found", message: "There is nothing here." }, 404));
  app.onError((error, c) => {
    if (!(error instanceof Refused)) throw error;
    return c.json({ statusCode: error.status, name: error.code, message: error.message }, error.status as 400);
  });

  const served = await serve(port, (request) => app.fetch(request));
  return {
    url: served.url,
    mails: () => [...caught],
    async stop() {
      stopped.abort();
      await served.stop();
      await state.written();
    },
  };
}

function requireKey(header: string | undefined, key: string): void {
  const shown = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
  if (shown === undefined) throw new Refused(401, "missing_api_key", "Missing API key in the authorization header.");
  if (shown !== key) throw new Refused(403, "invalid_api_key", "API key is invalid.");
}

function parseSending(given: unknown): z.output<typeof Sending> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Refused(422, "validation_error", "The body must be a JSON object.");
  }
  const missing = ["from", "to", "subject"].find((name) => (given as Record<string, unknown>)[name] === undefined);
  if (missing) throw new Refused(422, "missing_required_field", `Missing \`${missing}\` field.`);
  const parsed = Sending.safeParse(given);
  if (!parsed.success) throw new Refused(422, "validation_error", z.prettifyError(parsed.error));
  const { html, text } = parsed.data;
  if (html === undefined && text === undefined) throw new Refused(422, "missing_required_field", "Missing `html` or `text` field.");
  return parsed.data;
}

function keyed(keys: Map<string, Keyed>, key: string): Keyed | undefined {
  for (const [old, { at }] of keys) {
    if (Date.now() - at < KEPT_KEY_MS) break; // the map is in order of use
    keys.delete(old);
  }
  return keys.get(key);
}

/** Whether a mail went to an address, whatever its case and the name before it. */
function isTo({ to }: Mail, address: string): boolean {
  return to.some((each) => (/<(.*)>$/.exec(each)?.[1] ?? each).toLowerCase() === address.toLowerCase());
}
