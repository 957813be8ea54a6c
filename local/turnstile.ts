import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";

/** The secrets that Turnstile publishes for tests, and what it says to each. */
const VERDICTS: Readonly<Record<string, object>> = {
  "1x0000000000000000000000000000000AA": { success: true, "error-codes": [] },
  "2x0000000000000000000000000000000AA": { success: false, "error-codes": ["invalid-input-response"] },
  "3x0000000000000000000000000000000AA": { success: false, "error-codes": ["timeout-or-duplicate"] },
};
const UNKNOWN = { success: false, "error-codes": ["invalid-input-secret"] };

export interface Turnstile {
  url: string;
  stop(): Promise<void>;
}

/** A stand-in for Turnstile: it says yes or no as the published test secrets do, and no to every other. */
export async function startTurnstile({ port }: { port: number }): Promise<Turnstile> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isKnown = request.method === "POST" && request.url === "/turnstile/v0/siteverify";
    const secret = new URLSearchParams(await text(request)).get("secret") ?? "";
    response.writeHead(isKnown ? 200 : 404, { "Content-Type": "application/json" }).end(JSON.stringify(VERDICTS[secret] ?? UNKNOWN));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
