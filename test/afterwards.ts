import { afterAll } from "vitest";
import { nothingLost } from "./api/books.ts";
import { worlds } from "./api.ts";

/** Whatever a file did to its marketplaces, their money adds up when it is over. */
afterAll(async () => {
  for (const world of worlds) await nothingLost(world);
});
