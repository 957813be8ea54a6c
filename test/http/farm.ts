import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** One request as a receiver of the farm got it. */
export interface Received {
  path: string;
  headers: Readonly<Record<string, string>>;
  /** Byte for byte. */
  body: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Receivers of every kind, by the first word of their path; what follows it is a name of the test's own. */
export interface Farm {
  url: string;
  /** A receiver whose certificate nobody knows. */
  tlsUrl: string;
  /** Where the redirecting receiver sends to: nothing may ever come. */
  visited: readonly Received[];
  received(path: string): Received[];
  close(): Promise<void>;
}

/** Signed by nobody, for another name. */
const WRONG_CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEJJumWXbCjknOxVY
0TVow0rxs+tMUdebAPgfoy6bGPShRANCAARepxQyPY/rdcbqzMAcDtxfJLQSJqQZ
9IHhkJ8Bz1sm4EVQz8mBXs3/k0/qdd/uCLZ5hOdiPXPz1MKRNVzy08JH
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUe+xc9aXeNN9gDGZQlxLBj2Bu7eUwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKd3JvbmcudGVzdDAgFw0yNjExMjExNTEyMjlaGA8yMTI2MTAy
ODE1MTIyOVowFTETMBEGA1UEAwwKd3JvbmcudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABF6nFDI9j+t1xurMwBwO3F8ktBImpBn0geGQnwHPWybgRVDPyYFe
zf+TT+p13+4ItnmE52I9c/PUwpE1XPLTwkejUzBRMB0GA1UdDgQWBBT6PBCr7Vyx
F5jj9mqccgBVXN+AyTAfBgNVHSMEGDAWgBT6PBCr7VyxF5jj9mqccgBVXN+AyTAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQC5J/gghmrqPak1Lpr8
hezVPK38UUNc9MOio8m7sGI8egIgGQ7ItrpetJaLekQyYCbDt0z4g5MgW8dT0PWa
CPUT2KU=
-----END CERTIFICATE-----`,
};
const HUGE_BYTES = 5_000_000;
const SLOW_MS = 300;

type Behaviour = (request: Received, response: ServerResponse, count: number, elsewhere: string) => unknown;

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  good: (_, response) => response.writeHead(204).end(),
  slow: async (_, response) => {
    await pause(SLOW_MS);
    response.writeHead(200).end("at last");
  },
  hanging() {},
  /** Fails first, then takes it; by the id of the message. */
  flaky: (_, response, count) => response.writeHead(count % 2 === 1 ? 500 : 200).end("now and then"),
  broken: (_, response) => response.writeHead(503, { "x-secret": "kept", "content-type": "text/plain" }).end("not today\0"),
  gone: (_, response) => response.writeHead(410).end(),
  tired: (_, response, count) => (count === 1 ? response.writeHead(429, { "retry-after": "2" }).end() : response.writeHead(200).end()),
  redirecting: (_, response, __, elsewhere) => response.writeHead(302, { location: elsewhere }).end(),
  huge: (_, response) => response.writeHead(200).end(Buffer.alloc(HUGE_BYTES, "x")),
  dropping(_, response) {
    response.writeHead(200, { "content-length": "1000" });
    response.write("only the beginning");
    setTimeout(() => response.destroy(), 20);
  },
};

/** Starts the farm on loopback ports of its own. */
export async function startFarm(): Promise<Farm> {
  const all: Received[] = [];
  const visited: Received[] = [];
  const trap = createServer(keeping(visited, (_, response) => void response.writeHead(200).end()));
  const elsewhere = `http://127.0.0.1:${await listening(trap)}/visited`;
  const counts = new Map<string, number>();
  const answer = keeping(all, (received, response) => {
    const key = `${received.path} ${received.path.startsWith("/flaky") ? received.headers["webhook-id"] : ""}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return BEHAVIOURS[received.path.split("/")[1] ?? ""]?.(received, response, count, elsewhere);
  });
  const [plain, tls] = [createServer(answer), createTlsServer(WRONG_CERTIFICATE, answer)];
  const url = `http://127.0.0.1:${await listening(plain)}`;
  const tlsUrl = `https://127.0.0.1:${await listening(tls)}`;
  return {
    url,
    tlsUrl,
    visited,
    received: (path) => all.filter((received) => received.path === path),
    async close() {
      await Promise.all(
        [trap, plain, tls].map((server) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}

const keeping =
  (into: Received[], answer: (received: Received, response: ServerResponse) => unknown): RequestListener =>
  (request, response) => {
    const at = Date.now();
    void bodyOf(request).then((body) => {
      const received = { path: request.url ?? "", headers: request.headers as Record<string, string>, body, at };
      into.push(received);
      return answer(received, response);
    });
  };

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
