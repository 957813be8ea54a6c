import { randomInt } from "node:crypto";
import type { Chaos, Fault } from "./faults.ts";
import type { Delivery, DeliveryPolicy } from "./events.ts";
import type { KeyEntry } from "./idempotency.ts";
import type { JournalEntry } from "./ledger.ts";
import { noSuch, noSuchParam } from "./refusal.ts";
import { NOUNS, type Metadata, type TableName, type Thing, type Things } from "./things.ts";

/** The API version that the stand-in speaks: the one that the `stripe` package pins. */
export const API_VERSION = "2026-10-28.endive";

/** The id of the platform's own account. */
export const PLATFORM = "acct_1Platform";

/** One request to the API as it was recorded. */
export interface RecordedRequest {
  id: string;
  /** RFC 3339. */
  at: string;
  method: string;
  path: string;
  params: unknown;
  account: string;
  idempotencyKey: string | null;
  /** The HTTP code of the answer; null when the answer or the request was lost. */
  answered: number | null;
  replayed: boolean;
  fault: string | null;
}

/** Where an account link leads. */
export interface SetupLink {
  account: string;
  returnUrl: string;
  refreshUrl: string;
  expiresAt: number;
}

/** What a checkout session will do when it is paid. */
export interface CheckoutPlan {
  items: { price: string; quantity: number }[];
  metadata: Metadata;
  trialDays: number | null;
}

type Row<T> = { owner: string; thing: T };
type Tables = { [K in TableName]: Map<string, Row<Things[K]>> };

/** Everything the stand-in remembers; plain data apart from the tables' maps. */
export interface State {
  seed: number;
  /** How many ids were made. */
  made: number;
  /** How far the clock was advanced, in milliseconds. */
  aheadMs: number;
  tables: Tables;
  journal: JournalEntry[];
  /** Balance transactions that are not available yet. */
  pending: string[];
  balances: Record<string, { available: number; pending: number }>;
  /** Which payout took a balance transaction to the bank. */
  paidOut: Record<string, string>;
  endpoints: Record<string, { secret: string; connect: boolean }>;
  setupLinks: Record<string, SetupLink>;
  checkouts: Record<string, CheckoutPlan>;
  /** What is said once only, and was: `overdue in_…`. */
  told: Record<string, true>;
  keys: Record<string, KeyEntry>;
  deliveries: Delivery[];
  policy: DeliveryPolicy;
  requests: RecordedRequest[];
  faults: Fault[];
  chaos: Chaos | null;
  fees: Fees;
}

/** What Stripe keeps of a payment. */
export interface Fees {
  /** In basis points of the amount. */
  bp: number;
  fixedCents: number;
}

/** What a world is made with. */
export interface WorldOptions {
  now: () => Date;
  fees: Fees;
  /** Days until a payment is available. */
  settlementDays: number;
  /** Ids are the same for the same seed and the same calls. */
  seed: number;
  /** Where the stand-in's own pages are. */
  origin: () => string;
}

/** The call being executed, as its events name it. */
export interface Caller {
  requestId: string;
  idempotencyKey: string | null;
}

/** In seconds. */
export const DAY = 86_400;
/** In seconds. */
export const HOUR = 3600;

/** The stand-in's state with what every part needs to work on it. */
export class World {
  state: State;
  readonly options: WorldOptions;
  caller: Caller | null = null;
  /** While the past is caught up, the instant being caught up. */
  #pretended: number | null = null;

  constructor(options: WorldOptions) {
    this.options = options;
    this.state = emptyState(options);
  }

  now(): Date {
    return this.#pretended === null ? new Date(this.options.now().getTime() + this.state.aheadMs) : new Date(this.#pretended * 1000);
  }

  /** The instant, in seconds as Stripe counts. */
  seconds(): number {
    return Math.floor(this.now().getTime() / 1000);
  }

  /** Runs something as if it were an earlier instant. */
  pretending<T>(seconds: number, run: () => T): T {
    this.#pretended = seconds;
    try {
      return run();
    } finally {
      this.#pretended = null;
    }
  }

  /** A new id such as `tr_1Q…`. */
  id(prefix: string): string {
    this.state.made += 1;
    return `${prefix}_1${scrambled(this.state.seed, this.state.made)}${this.state.made.toString(36).toUpperCase().padStart(5, "0")}`;
  }

  /** A new secret part of an id, link or key. */
  secret(length = 32): string {
    this.state.made += 1;
    return Array.from({ length: Math.ceil(length / 14) }, (_, index) => scrambled(this.state.seed + index + 1, this.state.made))
      .join("")
      .slice(0, length);
  }

  keep<K extends TableName>(table: K, thing: Things[K], owner = PLATFORM): Things[K] {
    this.state.tables[table].set(thing.id, { owner, thing });
    return thing;
  }

  find<K extends TableName>(table: K, id: string | null, owner: string = PLATFORM): Things[K] | undefined {
    const row = id === null ? undefined : this.state.tables[table].get(id);
    return row?.owner === owner ? (row.thing as Things[K]) : undefined;
  }

  /** A thing named in the path; refuses with 404. */
  at<K extends TableName>(table: K, id: string, owner: string = PLATFORM): Things[K] {
    const thing = this.find(table, id, owner);
    if (!thing) throw noSuch(NOUNS[table], id);
    return thing;
  }

  /** A thing named in a parameter; refuses with 400. */
  named<K extends TableName>(table: K, id: string, param: string, owner: string = PLATFORM): Things[K] {
    const thing = this.find(table, id, owner);
    if (!thing) throw noSuchParam(NOUNS[table], id, param);
    return thing;
  }

  /** A thing that our own objects name, so it is there. */
  sure<K extends TableName>(table: K, id: string): Things[K] {
    const row = this.state.tables[table].get(id);
    if (!row) throw new Error(`${table} has no ${id}`);
    return row.thing as Things[K];
  }

  /** All of one owner, oldest first. */
  all<K extends TableName>(table: K, owner: string = PLATFORM): Things[K][] {
    const rows = [...this.state.tables[table].values()] as Row<Things[K]>[];
    return rows.filter((row) => row.owner === owner).map((row) => row.thing);
  }

  ownerOf(table: TableName, id: string): string {
    return this.state.tables[table].get(id)?.owner ?? PLATFORM;
  }

  /** Any thing by its id, for `expand`. */
  byId(id: string): Thing | undefined {
    for (const table of Object.values(this.state.tables)) {
      const row = table.get(id);
      if (row) return row.thing;
    }
    return undefined;
  }

  /** The state as JSON text. */
  snapshot(): string {
    return JSON.stringify(this.state, (_, value: unknown) => (value instanceof Map ? [...value.values()] : value));
  }

  /** Takes over a state as `snapshot` gave it. */
  restore(text: string): void {
    const given = JSON.parse(text) as Omit<State, "tables"> & { tables: Record<string, Row<Thing>[]> };
    const tables = emptyTables();
    for (const [name, map] of Object.entries(tables)) {
      for (const row of given.tables[name] ?? []) (map as Map<string, Row<Thing>>).set(row.thing.id, row);
    }
    // a request that was running when the state was kept will never be answered
    const keys = Object.fromEntries(Object.entries(given.keys).filter(([, { answer }]) => answer !== null));
    this.state = { ...emptyState(this.options), ...given, keys, tables };
  }
}

function emptyState({ seed, fees }: WorldOptions): State {
  return {
    seed,
    made: 0,
    aheadMs: 0,
    tables: emptyTables(),
    journal: [],
    pending: [],
    balances: {},
    paidOut: {},
    endpoints: {},
    setupLinks: {},
    checkouts: {},
    told: {},
    keys: {},
    deliveries: [],
    policy: { held: false, copies: 1, dropNext: 0, dropTypes: [], shuffle: null },
    requests: [],
    faults: [],
    chaos: null,
    fees: { ...fees },
  };
}

const emptyTables = (): Tables => Object.fromEntries(Object.keys(NOUNS).map((name) => [name, new Map()])) as unknown as Tables;

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Fourteen letters that look random and are the same for the same numbers. */
function scrambled(seed: number, count: number): string {
  const next = random(seed * 2_654_435_761 + count * 40_503);
  return Array.from({ length: 14 }, () => LETTERS[Math.floor(next() * LETTERS.length)]).join("");
}

/** A small generator (mulberry32): numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A seed for a stand-in that was given none, so that ids of two starts differ. */
export const freshSeed = (): number => randomInt(2 ** 31);

/** An object's metadata after a caller's changes: an empty text removes a name, `null` removes all. */
export function merged(old: Metadata, given: Metadata | null | undefined): Metadata {
  if (given === undefined) return old;
  if (given === null) return {};
  return Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== ""));
}
