/** What one request of the Worker cost the database. */
export interface Counts {
  round_trips: number;
  statements: number;
}

/** How many requests are remembered; the oldest goes first. */
const REMEMBERED = 10_000;

/** Round trips and statements by request id. */
export class RequestCounts {
  readonly #requests = new Map<string, string[][]>();

  /** Notes one round trip with these SQL texts. */
  add(requestId: string, texts: string[]): void {
    const trips = this.#requests.get(requestId);
    if (trips) return void trips.push(texts);
    this.#requests.set(requestId, [texts]);
    if (this.#requests.size > REMEMBERED) {
      const [oldest] = this.#requests.keys();
      if (oldest !== undefined) this.#requests.delete(oldest);
    }
  }

  of(requestId: string): Counts {
    const trips = this.#requests.get(requestId) ?? [];
    return { round_trips: trips.length, statements: trips.flat().length };
  }

  statements(requestId: string): readonly string[] {
    return (this.#requests.get(requestId) ?? []).flat();
  }
}
