import { z } from "zod";

/** What should go wrong, in which database, and for which of its requests. */
export const FaultRule = z.object({
  database: z.string(),
  /** A regular expression over the SQL texts; without one every request is meant. */
  match: z.string().optional(),
  /**
   * `hold_before` waits before executing, `hold_after` between the commit and the answer, `fail`
   * makes the matching statement fail, `drop_after` executes and cuts the connection.
   */
  action: z.enum(["hold_before", "hold_after", "fail", "drop_after"]),
  /** The SQLSTATE of `fail`. */
  code: z
    .string()
    .regex(/^[0-9A-Z]{5}$/)
    .default("58000"),
  /** How many requests are struck. */
  times: z.int().positive().default(1),
});
export type FaultRule = z.input<typeof FaultRule>;

/** An armed fault, as the test that armed it sees it. */
export interface Fault {
  readonly id: string;
  /** How many requests were struck. */
  readonly hits: number;
  /** How many of them are held now. */
  readonly holding: number;
  /** Lets go what is held and disarms the fault. */
  release(): void;
}

type Gone = Promise<"gone">;
export type Hold = (gone: Gone) => Promise<"released" | "gone">;

interface Statement {
  text: string;
  values: readonly unknown[];
}

/** What a struck request has to suffer. */
export interface Strike {
  holdBefore?: Hold;
  holdAfter?: Hold;
  /** Puts a failing statement in the place of the one that matches. */
  spoil?: (statements: readonly Statement[]) => readonly Statement[];
  dropsAnswer?: boolean;
}

/** The armed faults of an endpoint. */
export class Faults {
  readonly #armed = new Map<string, ArmedFault>();

  arm(rule: FaultRule): Fault {
    const fault = new ArmedFault(String(this.#armed.size + 1), FaultRule.parse(rule));
    this.#armed.set(fault.id, fault);
    return fault;
  }

  find(id: string): Fault | undefined {
    return this.#armed.get(id);
  }

  /** The first fault that means this request, which counts as a hit. */
  strike(database: string, texts: readonly string[]): Strike | undefined {
    for (const fault of this.#armed.values()) {
      if (fault.means(database, texts)) return fault.strike();
    }
    return undefined;
  }
}

class ArmedFault implements Fault {
  readonly id: string;
  hits = 0;
  holding = 0;
  readonly #rule: z.output<typeof FaultRule>;
  readonly #pattern: RegExp;
  readonly #released: Promise<"released">;
  #left: number;
  #release: () => void = () => {};

  constructor(id: string, rule: z.output<typeof FaultRule>) {
    this.id = id;
    this.#rule = rule;
    this.#pattern = new RegExp(rule.match ?? "", "i");
    this.#left = rule.times;
    this.#released = new Promise((resolve) => (this.#release = () => resolve("released")));
  }

  means(database: string, texts: readonly string[]): boolean {
    return this.#left > 0 && this.#rule.database === database && texts.some((text) => this.#pattern.test(text));
  }

  strike(): Strike {
    this.#left -= 1;
    this.hits += 1;
    switch (this.#rule.action) {
      case "hold_before":
        return { holdBefore: this.#hold };
      case "hold_after":
        return { holdAfter: this.#hold };
      case "fail":
        return { spoil: this.#spoil };
      case "drop_after":
        return { dropsAnswer: true };
    }
  }

  release(): void {
    this.#left = 0;
    this.#release();
  }

  readonly #hold: Hold = async (gone) => {
    this.holding += 1;
    const end = await Promise.race([this.#released, gone]);
    this.holding -= 1;
    return end;
  };

  readonly #spoil = (statements: readonly Statement[]): readonly Statement[] => {
    const index = statements.findIndex(({ text }) => this.#pattern.test(text));
    const failing = `do $$ begin raise exception 'a fault for tests' using errcode = '${this.#rule.code}'; end $$`;
    return statements.with(index, { text: failing, values: [] });
  };
}
