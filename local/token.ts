import { runningWorld } from "./lock.ts";
import { PEOPLE } from "./people.ts";
import { command, LocalProblem } from "./problem.ts";

await command(async () => {
  const [email, ...more] = process.argv.slice(2);
  if (email === undefined || more.length > 0) {
    const whose = email === undefined ? "Say whose token it should be" : `One token at a time, so without "${more.join(" ")}"`;
    throw new LocalProblem(`${whose}: npm run token -- <email>, such as ${PEOPLE.map((person) => person.email).join(", ")}.`);
  }
  const answer = await ask(runningWorld().issuer, email);
  if (!answer) throw new LocalProblem("The local world is only starting; try again when npm start says that it is ready.");
  if (!answer.ok) throw new LocalProblem(`"${email}" is not an e-mail address.`);
  const { token } = (await answer.json()) as { token: string };
  console.log(token);
});

function ask(issuer: string, email: string): Promise<Response | undefined> {
  return fetch(`${issuer}/_local/token`, { method: "POST", body: JSON.stringify({ email }) }).catch(() => undefined);
}
