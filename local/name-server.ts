import { setTimeout as pause } from "node:timers/promises";
import { serve } from "./serve.ts";

/** A name server over HTTPS, without the S: what a host's first label says is how it answers. */
export interface NameServer {
  /** What the Worker takes as `DOH_URL`. */
  url: string;
  /** How often a host was asked for. */
  asked(host: string): number;
  stop(): Promise<void>;
}

interface Said {
  status?: number;
  /** Addresses; IPv6 by its colon. */
  addresses?: readonly string[];
  afterMs?: number;
}

const [NO_SUCH_NAME, SERVER_FAILURE] = [3, 2];
const [PUBLIC_V4, PUBLIC_V6] = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"];

/** How hosts answer that begin so; every other one has two public addresses. `times`: how often it was asked for before. */
const SAID: Readonly<Record<string, (times: number) => Said>> = {
  nowhere: () => ({ status: NO_SUCH_NAME }),
  empty: () => ({ addresses: [] }),
  broken: () => ({ status: SERVER_FAILURE }),
  slow: () => ({ addresses: [PUBLIC_V4], afterMs: 10_000 }),
  private: () => ({ addresses: ["10.0.0.7"] }),
  metadata: () => ({ addresses: ["169.254.169.254"] }),
  mixed: () => ({ addresses: [PUBLIC_V4, "192.168.1.1"] }),
  "mixed-v6": () => ({ addresses: [PUBLIC_V4, "fd12:3456::1"] }),
  "half-broken": () => ({ status: SERVER_FAILURE, addresses: [PUBLIC_V4] }),
  /** Public when it is first asked for, private ever after. */
  turning: (times) => ({ addresses: [times === 0 ? PUBLIC_V4 : "127.0.0.1"] }),
};

/** Starts it on a port of 127.0.0.1; 0 takes any free one. */
export async function startNameServer({ port }: { port: number }): Promise<NameServer> {
  const times = new Map<string, number>();
  const served = await serve(port, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [host, type] = [searchParams.get("name")?.toLowerCase() ?? "", searchParams.get("type") ?? ""];
    if (pathname !== "/dns-query" || host === "" || !["A", "AAAA"].includes(type)) return new Response(null, { status: 400 });
    const before = times.get(`${host} ${type}`) ?? 0;
    times.set(`${host} ${type}`, before + 1);
    const said = SAID[host.split(".")[0] ?? ""]?.(before) ?? { addresses: [PUBLIC_V4, PUBLIC_V6] };
    const { status = 0, addresses = [], afterMs = 0 } = said;
    await pause(afterMs);
    const ofType = addresses.filter((address) => address.includes(":") === (type === "AAAA"));
    const answer = ofType.map((data) => ({ name: host, type: type === "A" ? 1 : 28, TTL: 60, data }));
    // one that is half broken knows its IPv4 alone
    return Response.json(answer.length > 0 ? { Status: 0, Answer: answer } : { Status: status }, {
      headers: { "Content-Type": "application/dns-json" },
    });
  });
  return {
    url: `${served.url}/dns-query`,
    asked: (host) => Math.max(times.get(`${host} A`) ?? 0, times.get(`${host} AAAA`) ?? 0),
    stop: () => served.stop(),
  };
}
