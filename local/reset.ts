import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { localFolder, lockFolder, ROOT } from "./lock.ts";
import { command, LocalProblem } from "./problem.ts";

/** What the local world keeps. A folder with anything else in it is somebody's own. */
const OURS =
  /^(lock(\.\d+)?|postgres(\.new|\.password)?|wrangler(-registry|-logs)?|worker\.env(\.new)?|(secrets|issuer-key|stripe|mails|clock)\.json(\.new)?)$/;

await command(async () => {
  const folder = localFolder();
  if (!relative(folder, ROOT).startsWith("..")) throw new LocalProblem(`${folder} holds the project itself and is not emptied.`);
  const foreign = (await readdir(folder).catch(() => [])).filter((name) => !OURS.test(name));
  if (foreign.length > 0) {
    throw new LocalProblem(`${folder} holds ${foreign.slice(0, 3).join(", ")}, which is not the local world's; nothing was removed.`);
  }
  await lockFolder(folder, null, (pid) => `The local world is running (process ${pid}); stop it with Ctrl-C before you reset it.`);
  for (const name of await readdir(folder)) {
    // A server that was killed a moment ago may still be writing its last files.
    if (name !== "lock") await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
  console.log(
    process.env["DATABASE_URL"]
      ? `${folder} is empty. The database of DATABASE_URL keeps its rows; empty it yourself, if it is to begin anew.`
      : `${folder} is empty; the next npm start begins anew.`,
  );
});
