import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { LocalProblem } from "./problem.ts";

/** Writes a file that only its owner may read; nobody ever sees half of it. */
export async function writeSecretly(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** What a JSON file of the local world holds, undefined if there is none. Refuses one that has another shape. */
export async function readKept<T>(file: string, shape: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw damaged(file);
  }
}

/** The refusal of a file that is there and makes no sense. */
export const damaged = (file: string): LocalProblem =>
  new LocalProblem(`${file} is damaged. Delete it, and that part of the local world begins anew; npm run reset does so with all of it.`);

/** Writes a state that changes to its file, once for all changes of a moment, one write after another. */
export interface Keeper {
  changed: () => void;
  /** Resolves when the file has every change so far. */
  written: () => Promise<void>;
}

/** Keeps what `snapshot` gives; without a file it keeps nothing. */
export function keeper(file: string | undefined, snapshot: () => string): Keeper {
  let kept = "";
  let writing: Promise<void> = Promise.resolve();
  let scheduled = false;
  const write = async (place: string) => {
    scheduled = false;
    const text = snapshot();
    if (text === kept) return;
    await writeSecretly(place, text);
    kept = text;
  };
  return {
    changed: () => {
      if (file === undefined || scheduled) return;
      scheduled = true;
      writing = writing.then(() => write(file));
    },
    written: () => writing,
  };
}
