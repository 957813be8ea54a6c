import { inject } from "vitest";
import type { Controls } from "#local/stripe/controls.ts";
import type { Webhook } from "./stripe-server.ts";

export type { Webhook } from "./stripe-server.ts";

/** The controls of a stand-in, over HTTP. */
export type RemoteControls = {
  [Name in keyof Controls]: (...given: Parameters<Controls[Name]>) => Promise<ReturnType<Controls[Name]>>;
};

export interface TestStripe {
  /** The secret key, which names the stand-in. */
  key: string;
  /** Where the API is. */
  url: string;
  /** What can be made to happen: `await stripe.controls.payInvoice({ invoice })`. */
  controls: RemoteControls;
  /** Takes every webhook that waits, signed, in the order in which they would leave. */
  webhooks(): Promise<Webhook[]>;
  /** Every transfer that was ever made. */
  transfers(): Promise<Transfer[]>;
}

interface Transfer {
  id: string;
  /** Whether all of it came back. */
  reversed: boolean;
  metadata: Record<string, string>;
}

/** What is read under `/_test`; everything else is done. */
const READS: readonly string[] = ["balance", "deliveries", "requests", "events", "imbalances"];

/** A stand-in for Stripe of a test file's own; works in Node and in workerd. */
export function testStripe(): TestStripe {
  const url = inject("stripeUrl");
  const key = `sk_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const headers = { authorization: `Bearer ${key}` };

  async function control(name: string, given: unknown): Promise<unknown> {
    const path = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const isRead = READS.includes(name);
    const query = isRead && typeof given === "string" ? `?${name === "events" ? "type" : "account"}=${encodeURIComponent(given)}` : "";
    const response = await fetch(`${url}/_test/${path}${query}`, {
      method: isRead ? "GET" : "POST",
      headers,
      ...(isRead ? {} : { body: JSON.stringify(given ?? {}) }),
    });
    const answer = (await response.json()) as { data: unknown; message?: string };
    if (!response.ok) throw new Error(`the stand-in refused ${name}: ${answer.message}`);
    return answer.data;
  }

  async function transfers(): Promise<Transfer[]> {
    const all: Transfer[] = [];
    for (;;) {
      const after = all.length > 0 ? `&starting_after=${all.at(-1)?.id}` : "";
      const response = await fetch(`${url}/v1/transfers?limit=100${after}`, { headers });
      const { data, has_more } = (await response.json()) as { data: Transfer[]; has_more: boolean };
      all.push(...data);
      if (!has_more) return all;
    }
  }

  return {
    key,
    url,
    transfers,
    controls: new Proxy({} as RemoteControls, { get: (_, name) => (given: unknown) => control(String(name), given) }),
    webhooks: async () => (await fetch(`${url}/_webhooks`, { method: "POST", headers })).json(),
  };
}
