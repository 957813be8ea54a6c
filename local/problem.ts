/** Something the person at the keyboard can put right. The message is the one sentence they are shown. */
export class LocalProblem extends Error {
  override name = "LocalProblem";
}

/**
 * Runs a command of `npm run …`: a problem is said in its one sentence and ends with 1, a bug keeps its
 * stack, and who stops reading, as `head` does, has had enough.
 */
export async function command(run: () => Promise<void>): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  try {
    await run();
  } catch (problem) {
    console.error(problem instanceof LocalProblem ? problem.message : problem);
    process.exitCode = 1;
  }
}
