// Receives webhooks of Splits Network with Node.js alone: node receiver.js
// SPLITS_WEBHOOK_SECRET is the whsec_… that was shown when the endpoint was made.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE_SECONDS = 300;
const key = Buffer.from(process.env.SPLITS_WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const handled = new Set(); // in your database: the same event may come more than once

/** Whether a delivery is ours and fresh. `body`: the bytes as they came, never parsed and written again. */
export function isGenuine(headers, body, now = Date.now() / 1000) {
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  // while a secret is being rotated there are several signatures: any of them will do
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const [version, value = ""] = signature.split(",");
    const given = Buffer.from(value, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
    response.writeHead(204).end(); // answer first, work later: 15 seconds are all there is
    const id = request.headers["webhook-id"];
    if (handled.has(id)) return;
    handled.add(id);
    const { type, data } = JSON.parse(body);
    console.log(`verified: ${type} ${JSON.stringify(data)}`);
  });
});
server.listen(Number(process.env.PORT ?? 4000), "127.0.0.1", () => console.log("listening"));
