import { createExecutionContext } from "cloudflare:test";
import worker from "#workers/main.ts";
import type { Marketplace } from "../api.ts";
import type { Fetch } from "./oauth-peers.ts";

let address = 0;

/** The Worker as a client's `fetch`; each call comes from an address of its own, unless told. */
export function fetchOf(world: Marketplace, headers: Record<string, string> = {}): Fetch {
  return (url, init) => {
    const request = new Request(url, init);
    request.headers.set("cf-connecting-ip", `10.7.${Math.floor(++address / 250) % 250}.${address % 250}`);
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    return Promise.resolve(worker.fetch(request as never, world.env, createExecutionContext()));
  };
}
