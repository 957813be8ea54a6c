import { describe, expect, it } from "vitest";
import { OPERATIONS } from "#local/stripe/engine.ts";
import { EVENT_TYPES } from "#local/stripe/events.ts";
import { compareFields } from "./stripe/compare.ts";
import { OPERATIONS_NOT_PUBLISHED, OPERATIONS_NOT_SERVED, PARAMETERS_NOT_SERVED, VALUES_NOT_SERVED } from "./stripe/not-served.ts";
import { type Answer, tour } from "./stripe/tour.ts";
import { faults, nameless, parametersOf, type Schema, type Vendored, vendored } from "./stripe/vendored.ts";

const stripe = vendored();
if (!stripe) process.stderr.write("The Stripe contract test was skipped: VENDORS_DIR has no stripe/openapi-subset.json.\n");

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${nameless(path)}`;

describe.runIf(stripe !== null)("the stand-in and Stripe's published description", () => {
  const published: Vendored = stripe ?? { schemas: {}, operations: new Map(), fixtures: {} };

  it("share their operations, but for those that are listed", () => {
    const ours = OPERATIONS.map(nameOf);
    expect(new Set(ours).size).toBe(ours.length);
    expect(ours.filter((name) => !published.operations.has(name))).toEqual(OPERATIONS_NOT_PUBLISHED);
    expect([...published.operations.keys()].filter((name) => !ours.includes(name))).toEqual(OPERATIONS_NOT_SERVED);
  });

  it.each(OPERATIONS.filter((each) => published.operations.has(nameOf(each))).map((each) => [nameOf(each), each] as const))(
    "property 15: take the same parameters: %s",
    (name, operation) => {
      const found = compareFields(operation.fields, parametersOf(published.operations.get(name)!), published);
      const of = (...kinds: string[]) => found.filter(({ kind }) => kinds.includes(kind));
      expect(of("unknown", "unlike", "unset")).toEqual([]);
      const listed = PARAMETERS_NOT_SERVED[name] ?? [];
      const parent = (at: string) => `${at.replace(/\.?[^.]+$/, "")}.*`;
      const refused = of("refused").map(({ at }) => at);
      expect(refused.filter((at) => !listed.includes(at) && !listed.includes(parent(at)))).toEqual([]);
      expect(listed.filter((at) => !refused.some((each) => each === at || parent(each) === at))).toEqual([]);
      expect(of("values").map(({ at }) => at)).toEqual(VALUES_NOT_SERVED[name] ?? []);
    },
  );

  it("know the same events", () => {
    const types = published.schemas["event"]?.properties?.["type"]?.["x-known-values"] ?? [];
    expect(EVENT_TYPES.filter((type) => !types.includes(type))).toEqual([]);
  });

  it("agree on Stripe's own examples, and on what is wrong with a broken one", () => {
    for (const [name, example] of Object.entries(published.fixtures)) {
      const schema = published.schemas[name];
      if (schema) expect(faults(example, lenient(schema), { schemas: lenientAll }), name).toEqual([]);
    }
    const transfer = published.fixtures["transfer"] as Record<string, unknown>;
    const schema = published.schemas["transfer"]!;
    expect(faults({ ...transfer, amount: "1" }, schema, published)).toEqual(["$.amount: is no integer"]);
    expect(faults({ ...transfer, amount: undefined, metadata: null, object: "charge", colour: "red" }, schema, published)).toHaveLength(4);
    const { amount, ...without } = transfer;
    expect(amount).toBeDefined();
    expect(faults(without, schema, published)).toEqual(["$.amount: is missing"]);
  });

  describe("answers", async () => {
    const answers: Answer[] = stripe ? await tour() : [];

    it("were seen of every operation", () => {
      const seen = new Set(answers.filter(({ http }) => http === 200).map(({ operation }) => operation));
      expect(OPERATIONS.map(nameOf).filter((name) => !seen.has(name))).toEqual([]);
      expect(answers.filter(({ http }) => http !== 200).length).toBeGreaterThan(10);
    });

    it("look as Stripe describes them, refusals too", () => {
      const wrong = answers.flatMap(({ operation, http, body }) => {
        const { responses } = published.operations.get(operation) ?? {};
        const answer = responses?.[http === 200 ? "200" : "default"];
        const schema = answer ? Object.values(answer.content)[0]?.schema : undefined;
        const error = http === 200 ? undefined : (published.schemas["error"] as Schema);
        const by = schema ?? error;
        if (!by) return OPERATIONS_NOT_PUBLISHED.includes(operation) ? [] : [`${operation}: nothing to hold it against`];
        return faults(body, by, published).map((fault) => `${operation} ${http}: ${fault}`);
      });
      expect([...new Set(wrong)]).toEqual([]);
    });

    it("name codes that Stripe knows", () => {
      const known = published.schemas["payment_intent_last_payment_error"]?.properties?.["code"]?.["x-known-values"] ?? [];
      const codes = answers.flatMap(({ body }) => (body as { error?: { code?: string } }).error?.code ?? []);
      // answered by Stripe, and missing in the published list
      const unlisted = ["insufficient_capabilities_for_transfer", "card_declined"];
      expect([...new Set(codes)].filter((code) => !known.includes(code) && !unlisted.includes(code))).toEqual([]);
    });

    it("carry well-formed objects in every event", () => {
      const events = answers.flatMap(({ operation, body }) =>
        operation === "GET /v1/events" ? (body as { data: { type: string; data: { object: Record<string, unknown> } }[] }).data : [],
      );
      expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(40);
      const wrong = events.flatMap(({ type, data }) => {
        const schema = published.schemas[String(data.object["object"])];
        return schema ? faults(data.object, schema, published).map((fault) => `${type}: ${fault}`) : [];
      });
      expect([...new Set(wrong)]).toEqual([]);
    });
  });

  /** The examples name a few fields that have left the description since. */
  const lenient = (schema: Schema): Schema => ({ ...schema, additionalProperties: true });
  const lenientAll = Object.fromEntries(Object.entries(published.schemas).map(([name, schema]) => [name, lenient(schema)]));
});
