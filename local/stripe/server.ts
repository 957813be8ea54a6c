import { readFile } from "node:fs/promises";
import { damaged, keeper } from "../kept.ts";
import { serve } from "../serve.ts";
import { ConnectionLost, createStripe, type StripeEngine, type StripeOptions } from "./engine.ts";

/** How the stand-in is served. */
export interface StripeServerOptions extends StripeOptions {
  /** The port of 127.0.0.1 to listen on; 0 takes any free one. */
  port: number;
  /** Keeps the state between starts; without it every start begins anew. */
  stateFile?: string;
}

/** A stand-in that listens. */
export interface StripeServer {
  /** `http://127.0.0.1:<port>`: the API, `/_test` and the pages. */
  url: string;
  engine: StripeEngine;
  stop(): Promise<void>;
}

/** How often time that went by is caught up with, so that events leave without anyone calling. */
const TICK_MS = 1000;

/** Starts a stand-in for Stripe: its API, controls under `/_test`, and pages with its balances and transfers. */
export async function startStripe({ port, stateFile, ...options }: StripeServerOptions): Promise<StripeServer> {
  let url = `http://127.0.0.1:${port}`;
  const state = keeper(stateFile, () => engine.snapshot());
  const engine = createStripe({ origin: () => url, ...options, changed: state.changed });
  if (stateFile !== undefined) {
    const text = await readFile(stateFile, "utf8").catch(() => null);
    if (text !== null) restoreFrom(engine, stateFile, text);
  }

  const served = await serve(port, (request) =>
    engine.fetch(request).then(
      async (response) => {
        await state.written(); // an answer that was given is not forgotten
        return response;
      },
      (error: unknown) => {
        if (error instanceof ConnectionLost) return Response.error();
        throw error;
      },
    ),
  );
  url = served.url;
  const ticking = setInterval(() => engine.tick(), TICK_MS);
  ticking.unref();
  return {
    url,
    engine,
    async stop() {
      clearInterval(ticking);
      await served.stop();
      await state.written();
    },
  };
}

function restoreFrom(engine: StripeEngine, file: string, text: string): void {
  try {
    engine.restore(text);
  } catch {
    throw damaged(file);
  }
}
