import { z } from "zod";

/** What name servers say of a host. */
export type Resolution =
  | { kind: "addresses"; addresses: readonly string[] }
  /** there is no such name, or it has no address */
  | { kind: "none" }
  /** the name's own servers do not tell its addresses, or not all of them */
  | { kind: "failed" }
  /** the name server that we ask did not answer, or not in our language: that says nothing of the name */
  | { kind: "unasked" };

const TIMEOUT_MS = 4_000;
/** Types of records by their numbers (RFC 1035, RFC 3596). */
const RECORDS = { A: 1, AAAA: 28 } as const;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

const Reply = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).optional(),
});

/** Every IPv4 and IPv6 address of a host, by DNS over HTTPS in its JSON form (`application/dns-json`). */
export async function resolveOverHttps(server: string, host: string): Promise<Resolution> {
  const answers = await Promise.all([ask(server, host, "A"), ask(server, host, "AAAA")]);
  if (answers.includes("unasked")) return { kind: "unasked" };
  if (answers.includes("failed")) return { kind: "failed" };
  const addresses = answers.flat();
  return addresses.length > 0 ? { kind: "addresses", addresses } : { kind: "none" };
}

/** The addresses of one type, or why they could not be told. */
async function ask(server: string, host: string, type: keyof typeof RECORDS): Promise<string[] | "failed" | "unasked"> {
  const url = new URL(server);
  url.searchParams.set("name", host);
  url.searchParams.set("type", type);
  try {
    const response = await fetch(url, {
      headers: { Accept: "application/dns-json" },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return "unasked";
    const { Status: status, Answer: records = [] } = Reply.parse(await response.json());
    if (status === NO_SUCH_NAME) return [];
    return status === NO_ERROR ? records.filter((record) => record.type === RECORDS[type]).map(({ data }) => data) : "failed";
  } catch {
    return "unasked"; // too slow, not there, or not speaking our language
  }
}
