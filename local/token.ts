import { holderOf, localFolder } from "./lock.ts";
import { PEOPLE } from "./people.ts";
import { command, LocalProblem } from "./problem.ts";

await command(async () => {
  const email = process.argv[2];
  if (email === undefined) {
    throw new LocalProblem(
      `Say whose token it should be: npm run token -- <email>, such as ${PEOPLE.map((person) => person.email).join(", ")}.`,
    );
  }
  const holder = await holderOf(localFolder());
  const answer = holder && (await ask(holder.issuer, email));
  if (!answer) throw new LocalProblem("The local world is not running; start it with npm start.");
  if (!answer.ok) throw new LocalProblem(`"${email}" is not an e-mail address.`);
  const { token } = (await answer.json()) as { token: string };
  console.log(token);
});

function ask(issuer: string, email: string): Promise<Response | undefined> {
  return fetch(`${issuer}/_local/token`, { method: "POST", body: JSON.stringify({ email }) }).catch(() => undefined);
}
