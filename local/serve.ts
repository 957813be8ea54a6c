import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { LocalProblem } from "./problem.ts";

/** A stand-in that listens on 127.0.0.1. */
export interface Served {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  stop(): Promise<void>;
}

/** Longer than any client of ours keeps an idle connection, so that none is cut in the moment it is used. */
const KEEP_ALIVE_MS = 120_000;

/** Listens on a port of 127.0.0.1 (0: any free one). Refuses a port that is taken. */
export async function listen(port: number, listener: RequestListener): Promise<Served> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (isLoopback(request) && !isForeignControl(request)) return listener(request, response);
    response.writeHead(403, { "Content-Type": "text/plain" }).end("This server answers only its own machine.\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new LocalProblem(`Port ${port} is taken; stop what uses it.`) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Listens like `listen`, for an app written against the Fetch API. `Response.error()` cuts the connection. */
export function serve(port: number, app: (request: Request) => Response | Promise<Response>): Promise<Served> {
  return listen(port, async (incoming, outgoing) => {
    try {
      const response = await app(await toRequest(incoming));
      if (response.type === "error") return void outgoing.destroy();
      const body = Buffer.from(await response.arrayBuffer());
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(body);
    } catch (error) {
      console.error(error);
      outgoing.destroy();
    }
  });
}

/** Turns what Node received into what the Fetch API calls a request. */
export async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = "GET", url = "/", headers } = incoming;
  const body = method === "GET" || method === "HEAD" ? null : await buffer(incoming);
  const given = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Request(new URL(url, `http://${headers.host}`), { method, headers: given, body });
}

/**
 * Whether a request was meant for this machine: by the peer's address, and by the name it was sent
 * to, so that a foreign page cannot reach us through a name of its own that leads to 127.0.0.1.
 */
function isLoopback({ socket, headers }: IncomingMessage): boolean {
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  const near = ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(socket.remoteAddress ?? "");
  return near && (["127.0.0.1", "localhost", "[::1]"].includes(name) || name.endsWith(".localhost"));
}

/** Whether a page of another origin, open in the developer's browser, tries to work our controls. */
function isForeignControl({ url = "", headers }: IncomingMessage): boolean {
  return url.startsWith("/_local/") && !["none", "same-origin"].includes(String(headers["sec-fetch-site"] ?? "none"));
}
