import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { beforeAll, expect, it } from "vitest";
import worker from "#workers/main.ts";
import { marketplace, type Marketplace } from "../api.ts";

let world: Marketplace;
let token: string;
beforeAll(async () => {
  world = await marketplace();
  ({ token } = await world.recruiter("Rosa"));
});

const CHUNK = new Uint8Array(64 * 1024).fill(0x20);
const MOST_CHUNKS = 400;

it.each([
  ["/api/v1/submissions", 413],
  ["/api/v2/jobs", 413],
  ["/oauth/token", 400],
  ["/webhooks/clerk", 413],
  ["/stripe/webhooks", 413],
  ["/security/leaked-credentials", 413],
])("a body without end is not read to its end: %s", async (path, status) => {
  let sent = 0;
  const body = new ReadableStream({
    pull(stream) {
      if (++sent > MOST_CHUNKS) stream.close();
      else stream.enqueue(CHUNK);
    },
  });
  const headers = {
    authorization: path.startsWith("/api") ? `Bearer ${token}` : "",
    "content-type": path === "/oauth/token" ? "application/x-www-form-urlencoded" : "application/json",
    "cf-connecting-ip": "192.0.2.1",
  };
  const request = new Request(`http://127.0.0.1:8787${path}`, { method: "POST", headers, body, duplex: "half" } as RequestInit);
  const execution = createExecutionContext();
  const answer = await worker.fetch(request as never, world.env, execution);
  await waitOnExecutionContext(execution);
  expect(answer.status).toBe(status);
  expect(sent).toBeLessThan(10);
});
