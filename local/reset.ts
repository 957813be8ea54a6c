import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { localFolder, lockFolder, ROOT } from "./lock.ts";
import { command, LocalProblem } from "./problem.ts";

await command(async () => {
  const folder = localFolder();
  if (!relative(folder, ROOT).startsWith("..")) throw new LocalProblem(`${folder} holds the project itself and is not emptied.`);
  await lockFolder(folder, "", (pid) => `The local world is running (process ${pid}); stop it with Ctrl-C before you reset it.`);
  for (const name of await readdir(folder)) {
    // A server that was killed a moment ago may still be writing its last files.
    if (name !== "lock") await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
  console.log(`${folder} is empty; the next npm start begins anew.`);
});
