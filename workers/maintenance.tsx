import { toBase64Url } from "#domain/bytes.ts";
import { Refusal } from "#domain/refusals.ts";
import { pageHeaders } from "#ui/headers.ts";
import { Document, Heading, Mark } from "#ui/page.tsx";
import { problem } from "./api/problems.ts";
import { withoutToken } from "./api/surface.ts";
import type { Surface } from "./hosts.ts";
import { type Env, log, newRequestId } from "./runtime.ts";

const NONCE_BYTES = 16;
/** Surfaces that programs ask. */
const PROGRAMS: ReadonlySet<Surface> = new Set(["api", "embed"]);

/**
 * What everybody is told while work is done on the database: programs by a problem, people on a page. Neither asks it.
 *
 * @param seconds - how long it will still take, which `Retry-After` tells
 */
export async function maintenance(request: Request, env: Env, surface: Surface, seconds: number): Promise<Response> {
  const { pathname } = new URL(request.url);
  const requestId = newRequestId();
  log("info", "request", { request_id: requestId, method: request.method, route: "maintenance", status: 503 });
  const told = { "Retry-After": String(seconds), "Cache-Control": "no-store", "X-Request-Id": requestId };
  if (PROGRAMS.has(surface)) {
    const refusal = new Refusal("maintenance", "We are at work on the database. Nothing of this request was done; send it again later.", {
      retry_after: seconds,
    });
    const { status, headers, body } = problem(refusal, withoutToken(pathname), requestId);
    return new Response(body, { status, headers: { ...headers, ...told } });
  }
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  const page = (
    <Document title="We are at work" class="slim" script={false}>
      <main id="main">
        <Mark href="/" />
        <Heading title="We are at work here">Nothing is lost. Please come back in a while.</Heading>
      </main>
    </Document>
  );
  const policy = { style: { nonce }, script: false, production: env.ENVIRONMENT !== "development", referrer: "no-referrer" } as const;
  return new Response(`<!DOCTYPE html>${await Promise.resolve(page.toString())}`, {
    status: 503,
    headers: { "Content-Type": "text/html; charset=UTF-8", ...pageHeaders(policy), ...told },
  });
}
