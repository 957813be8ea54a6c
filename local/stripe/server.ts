import { readFile } from "node:fs/promises";
import { LocalProblem } from "../problem.ts";
import { writeSecretly } from "../secrets.ts";
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
  let kept = "";
  let writing: Promise<void> = Promise.resolve();
  let scheduled = false;

  const write = async (file: string) => {
    scheduled = false;
    const text = engine.snapshot();
    if (text === kept) return;
    await writeSecretly(file, text);
    kept = text;
  };
  /** Writes the state once for all changes of the moment, one write after another. */
  const keep = () => {
    if (stateFile === undefined || scheduled) return;
    scheduled = true;
    writing = writing.then(() => write(stateFile));
  };
  const engine = createStripe({ origin: () => url, ...options, changed: keep });
  if (stateFile !== undefined) {
    const text = await readFile(stateFile, "utf8").catch(() => null);
    if (text !== null) restoreFrom(engine, stateFile, text);
  }

  const served = await serve(port, (request) =>
    engine.fetch(request).then(
      async (response) => {
        await writing; // an answer that was given is not forgotten
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
      await writing;
    },
  };
}

function restoreFrom(engine: StripeEngine, file: string, text: string): void {
  try {
    engine.restore(text);
  } catch {
    throw new LocalProblem(`${file} cannot be read as the state of the local Stripe; delete it, and it begins anew.`);
  }
}
