/** A process that died. Nothing of ours may catch it and go on. */
export class Crash extends Error {
  override name = "Crash";
}

/** What becomes of an actor's next call of the world outside. */
export type Fate = "goes" | "crashes_before" | "crashes_after";

/**
 * One process that runs beside others, one step at a time: it stops before every call of the world
 * outside, and whoever leads the play says when it goes on, in which order, and whether it dies.
 */
export class Actor {
  /** Set while it waits for its turn. */
  #go: ((fate: Fate) => void) | null = null;
  #wake: (() => void) | null = null;
  #fault: unknown = null;
  /** It is about to leave at once: nothing lies between its last look at the clock and this call but the network. */
  isPrompt = false;
  hasEnded = false;
  hasCrashed = false;

  /** Begins the work, up to its first call outside. */
  async begin(work: (actor: Actor) => Promise<unknown>): Promise<void> {
    const stopped = this.#nextStop();
    void this.#run(work);
    await stopped;
  }

  async #run(work: (actor: Actor) => Promise<unknown>): Promise<void> {
    try {
      await work(this);
    } catch (error) {
      if (isCrash(error)) this.hasCrashed = true;
      else this.#fault = error;
    }
    this.hasEnded = true;
    this.#wake?.();
  }

  /** A call outside: waits for its turn, and may die before or after it. */
  async call<T>(work: () => Promise<T>, isPrompt = false): Promise<T> {
    this.isPrompt = isPrompt;
    const fate = await new Promise<Fate>((resolve) => {
      this.#go = resolve;
      this.#wake?.();
    });
    if (fate === "crashes_before") throw new Crash();
    const result = await work();
    if (fate === "crashes_after") throw new Crash();
    return result;
  }

  /** Lets it go on to its next call, or to its end. A fault of its own is thrown here. */
  async step(fate: Fate): Promise<void> {
    const go = this.#go;
    if (!go) return;
    this.#go = null;
    this.isPrompt = false;
    const stopped = this.#nextStop();
    go(fate);
    await stopped;
    if (this.#fault) throw this.#fault;
  }

  #nextStop(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

const isCrash = (error: unknown): boolean => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Crash) return true;
  return false;
};
