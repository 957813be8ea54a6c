import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context as HonoContext, MiddlewareHandler } from "hono";
import { inkOn } from "#domain/brand/ink.ts";
import { isUuid } from "#domain/ids.ts";
import { INTAKE_FIELD_TYPES } from "#domain/intake/fields.ts";
import { MAX_NUMBER, PROOF_SECONDS } from "#domain/intake/proof.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { readIntakeForm } from "#services/intake-requests/intake-form.ts";
import { newChallenge } from "#services/intake-requests/proof.ts";
import { submitIntake } from "#services/intake-requests/submit-intake.ts";
import { CACHING } from "#ui/headers.ts";
import type { ApiEnv } from "../api/app.ts";
import { contextOfStranger } from "../stranger.ts";
import { jsonBody, PROBLEM_RESPONSES, rendered, send } from "../api/operation.ts";
import { answerTo, identified, noSuchRoute } from "../api/surface.ts";
import { originOf } from "../hosts.ts";

type Call = HonoContext<ApiEnv>;

const PATH = "/api/v1/intake/{companyId}";
const MAX_BODY_BYTES = 32 * 1024;
/** A browser asks so seldom whether it may post. */
const PREFLIGHT_SECONDS = 86_400;

const TYPES = ["inline", "modal", "button"] as const;

const Configuration = z
  .object({
    company: z.string().openapi({ example: "Acme" }),
    type: z.enum(TYPES).openapi({ description: "In the page, a button with a dialog, or a floating one" }),
    label: z.string().openapi({ description: "On the button" }),
    color: z.string().openapi({ example: "#4338ca" }),
    ink: z.string().openapi({ description: "Black or white, whichever is legible on the colour" }),
    logo: z.string().nullable().openapi({ description: "The address of a picture" }),
    heading: z.string(),
    thanks: z.string(),
    fields: z.array(
      z.object({
        name: z.string().openapi({ example: "role_title" }),
        label: z.string(),
        type: z.enum(INTAKE_FIELD_TYPES),
        required: z.boolean(),
        autocomplete: z.string().optional(),
        options: z.array(z.string()).optional(),
      }),
    ),
    state: z.enum(["open", "closed"]),
    link: z.string().openapi({ description: "The same form on the company's own page" }),
    turnstile: z.string().nullable().openapi({ description: "The site key where Turnstile is asked, too" }),
  })
  .openapi("IntakeConfiguration");

const Challenge = z
  .object({ salt: z.string(), hash: z.string(), max: z.int(), sig: z.string() })
  .openapi("IntakeChallenge", { description: `Find the number from 0 to ${MAX_NUMBER} whose SHA-256 behind the salt is the hash.` });

const Proof = z.object({ salt: z.string(), hash: z.string(), sig: z.string(), number: z.int().min(0).max(MAX_NUMBER) });

const Posted = z
  .object({
    type: z.enum(TYPES).openapi({ description: "How the form stood in the page" }),
    fields: z.record(z.string(), z.unknown()).openapi({ description: "The answers, by the names of the questions" }),
    proof: Proof.openapi({ description: `A challenge worked out: good once, for ${PROOF_SECONDS} s, from the same address` }),
    turnstile: z.string().optional(),
  })
  .openapi("Intake");

const contract = (verb: string, spec: Omit<Parameters<typeof createRoute>[0], "path"> & { path?: string }): RouteConfig => ({
  ...createRoute({ path: PATH, tags: ["intake"], security: [{}], operationId: `${verb}_intake`, ...spec } as Parameters<
    typeof createRoute
  >[0]),
  "x-access": { resource: "intake", verb },
  "x-need": "public",
});

const params = z.object({ companyId: z.uuid().openapi({ param: { in: "path", name: "companyId" } }) });
const done = (status: number, data: z.ZodType) => ({
  [status]: { description: "Done", content: { "application/json": { schema: z.object({ data }) } } },
});

/** What the intake's routes say of themselves. Any page may ask and read; which page may post, the company says. */
export const INTAKE_CONTRACTS: readonly RouteConfig[] = [
  contract("get", {
    method: "get",
    summary: "Read what an intake form shows",
    request: { params },
    responses: { ...done(200, Configuration), ...PROBLEM_RESPONSES([404, 500, 503]) },
  }),
  contract("challenge", {
    method: "post",
    path: `${PATH}/challenge`,
    summary: "Take a challenge to work on",
    request: { params },
    responses: { ...done(200, Challenge), ...PROBLEM_RESPONSES([404, 500]) },
  }),
  contract("submit", {
    method: "post",
    summary: "Hand in a role",
    description: "For hiring managers and partner companies, from a page whose origin the company allows. Ten an hour from one address.",
    request: { params, body: { required: true, content: { "application/json": { schema: Posted } } } },
    responses: { ...done(201, z.object({ id: z.uuid() })), ...PROBLEM_RESPONSES([400, 403, 404, 409, 413, 415, 422, 429, 500, 503]) },
  }),
];

/** Any page may read every answer, a refusal as well; credentials are never asked for (SURFACES §3). */
const open: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.method === "OPTIONS") {
    c.res = new Response(null, {
      status: 204,
      headers: {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
      },
    });
  } else await next();
  c.res.headers.set("Access-Control-Allow-Origin", "*");
  c.res.headers.set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
};

/** The public intake of every company: what its widget shows, and what is handed in through it. */
export const intakeApp = new OpenAPIHono<ApiEnv>();
intakeApp.use(identified, open);
intakeApp.notFound((c) => send(noSuchRoute(intakeApp, c)));
intakeApp.onError(answerTo);

intakeApp.get("/api/v1/intake/:companyId", async (c) => {
  const { companyId, slug, logoKey, color, isOpen, turnstile, company, type, label, heading, thanks, fields } = await readIntakeForm(
    contextOfStranger(c),
    companyOf(c),
  );
  const data: z.infer<typeof Configuration> = {
    company,
    type,
    label,
    color,
    ink: inkOn(color),
    logo: logoKey && new URL(`/logo/${logoKey}`, c.req.url).href,
    heading,
    thanks,
    fields: [...fields] as z.infer<typeof Configuration>["fields"],
    state: isOpen ? "open" : "closed",
    link: `${originOf(`${slug}.roles`, c.env.CONSOLE_ORIGIN)}/intake`,
    turnstile: turnstile?.siteKey ?? null,
  };
  const reply = rendered(200, { data });
  return send({ ...reply, headers: { ...reply.headers, "Cache-Control": CACHING.shared, "Cache-Tag": `company:${companyId}` } });
});

intakeApp.post("/api/v1/intake/:companyId/challenge", async (c) => {
  const challenge = await newChallenge(contextOfStranger(c), { companyId: companyOf(c), address: addressOf(c) }, new Date());
  return send(rendered(200, { data: challenge }));
});

/** As far as it can be read: what cannot is missed by the step that needs it, in its turn. */
const Readable = z
  .object({
    type: Posted.shape.type.catch("inline"),
    fields: Posted.shape.fields.catch({}),
    proof: Proof.optional().catch(undefined),
    turnstile: z.string().optional().catch(undefined),
  })
  .catch({ type: "inline", fields: {}, proof: undefined, turnstile: undefined });

intakeApp.post("/api/v1/intake/:companyId", async (c) => {
  const companyId = companyOf(c);
  if (Number(c.req.header("content-length") ?? 0) > MAX_BODY_BYTES || (await c.req.arrayBuffer()).byteLength > MAX_BODY_BYTES) {
    throw new Refusal("body_too_large", "An intake may have 32 KB at most.");
  }
  const { type, fields, proof, turnstile } = Readable.parse(await jsonBody(c));
  const data = await submitIntake(contextOfStranger(c), (slug) => originOf(`${slug}.roles`, c.env.CONSOLE_ORIGIN), {
    companyId,
    address: addressOf(c),
    origin: c.req.header("origin") ?? null,
    type,
    fields,
    proof,
    turnstile,
  });
  return send(rendered(201, { data }));
});

function companyOf(c: Call): string {
  const id = c.req.param("companyId") ?? "";
  if (!isUuid(id)) throw notFound("company", id);
  return id;
}

/** Who asks, as far as the intake object can tell them apart. */
const addressOf = (c: Call): string => c.req.header("cf-connecting-ip") ?? "unknown";
