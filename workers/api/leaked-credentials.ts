import { createRoute, z } from "@hono/zod-openapi";
import type { Handler } from "hono";
import { Refusal } from "#domain/refusals.ts";
import { isReportSigned } from "#integrations/secret-scanning/report.ts";
import { Context } from "#services/context.ts";
import { reportLeaks } from "#services/leaks/report-leaks.ts";
import { bodyWithin } from "../body.ts";
import { databaseOf, portsOf } from "../runtime.ts";
import type { ApiEnv } from "./app.ts";
import { PROBLEM_RESPONSES } from "./operation.ts";
import { parse } from "./shape.ts";

const MAX_BODY_BYTES = 256 * 1024;

/** What was found, one entry each; whatever else a reporter tells is not looked at. */
const Report = z
  .array(z.object({ token: z.string().max(1_000) }))
  .max(1_000)
  .openapi("LeakReport");

export const leakedCredentialsContract = {
  ...createRoute({
    method: "post",
    path: "/security/leaked-credentials",
    operationId: "report_leaked_credentials",
    tags: ["leaked-credentials"],
    summary: "Report secrets that were found in public",
    description:
      "In the form of secret-scanning partners: the raw body is signed with ECDSA on P-256 (`Github-Public-Key-Identifier`, `Github-Public-Key-Signature`). What is ours is shut off at once; the answer is the same for what is not.",
    security: [{}],
    request: { body: { required: true, content: { "application/json": { schema: Report } } } },
    responses: { 204: { description: "Looked at" }, ...PROBLEM_RESPONSES([400, 404, 413, 422, 500, 503]) },
  }),
  "x-access": { resource: "leaked-credentials", verb: "report" },
};

/** Takes a report of leaked secrets, verified over its raw body. It never says which of them were real. */
export const leakedCredentials: Handler<ApiEnv> = async (c) => {
  const { headers } = c.req.raw;
  const url = c.env.SECRET_SCANNING_KEYS_URL;
  if (!url) throw new Refusal("not_found", "Nobody reports leaks here.");
  const bytes = await bodyWithin(c, MAX_BODY_BYTES);
  if (!bytes) throw tooLarge();
  const body = new Uint8Array(bytes);
  const keyId = headers.get("github-public-key-identifier") ?? "";
  const signature = headers.get("github-public-key-signature") ?? "";
  if (!(await isReportSigned(url, { keyId, signature, body }))) {
    throw new Refusal("invalid_parameter", "The signature does not fit the report.", {
      errors: [
        { pointer: "header:Github-Public-Key-Signature", code: "invalid", message: "no signature of this report could be verified" },
      ],
    });
  }
  const report = parse(Report, jsonOf(body), "body");
  const { requestId } = c.var;
  const ctx = new Context({
    caller: { kind: "system" },
    audience: "public",
    database: databaseOf(c.env, requestId),
    ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
    request: {
      id: requestId,
      method: "POST",
      path: "/security/leaked-credentials",
      ip: null,
      userAgent: null,
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
  });
  await reportLeaks(
    ctx,
    report.map(({ token }) => token),
  );
  return c.body(null, 204);
};

const tooLarge = () => new Refusal("body_too_large", "A report may have 256 KB at most.");

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new Refusal("malformed_json", "The report is not JSON.");
  }
}
