import { invalid } from "./refusal.ts";
import type { Raw } from "./schema.ts";

type Parts = { [name: string]: Raw };

/** Decodes a form whose names nest by brackets: `items[0][price]=…`, `expand[]=…`. All values stay text. */
export function decodeForm(encoded: string): Parts {
  const form = parts();
  for (const [name, value] of new URLSearchParams(encoded)) {
    const steps = stepsOf(name);
    let at: Parts = form;
    for (const [index, step] of steps.entries()) {
      const key = step === "" ? String(Object.keys(at).length) : step;
      if (index === steps.length - 1) {
        at[key] = value;
        break;
      }
      const next = at[key];
      if (typeof next === "string" || Array.isArray(next)) throw invalid("Invalid hash", { param: name });
      at = at[key] = next ?? parts();
    }
  }
  return form;
}

/** Without a prototype, so that a parameter named `__proto__` is one like any other. */
const parts = (): Parts => Object.create(null) as Parts;

function stepsOf(name: string): string[] {
  const first = /^[^[\]]+/.exec(name)?.[0];
  const rest = first === undefined ? "" : name.slice(first.length);
  if (first === undefined || !/^(\[[^[\]]*\])*$/.test(rest)) return [name];
  return [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map((each) => each[1] ?? "")];
}

/** The same text for the same parameters, whatever the order they were sent in. */
export function canonical(value: Raw): string {
  if (typeof value === "string") return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(",")}}`;
}
