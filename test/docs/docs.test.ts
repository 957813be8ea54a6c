import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { eq } from "drizzle-orm";
import newman from "newman";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { prismBefore } from "../http/prism.ts";
import { PARTNER_KEYS, populated, type RunningWorker, startWorker } from "../http/worker.ts";
import { clientOf } from "../partner/clients.ts";
import { keyOf } from "../partner/keys.ts";
import { GENERATED, generated, kept } from "./generate.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

it("what is made from the routes is as they make it now (`npm run docs`)", async () => {
  const made = await generated();
  for (const [name, file] of Object.entries(GENERATED)) {
    const isSame = (await kept(file)) === made[name as keyof typeof GENERATED];
    expect({ [file]: isSame }).toEqual({ [file]: true });
  }
});

describe("the documented examples", { timeout: 90_000 }, async () => {
  const { database, db, company: newCompany, recruiter: newRecruiter } = await populated();
  let worker: RunningWorker;
  let folder: string;
  let environment: Record<string, string>;
  let rosa: Awaited<ReturnType<typeof newRecruiter>>;

  beforeAll(async () => {
    worker = await startWorker({ databaseUrl: database.url });
    await mkdir(join(ROOT, "dist"), { recursive: true });
    folder = await mkdtemp(join(ROOT, "dist/examples-")); // inside the project, so that its packages are found
    const company = await newCompany("Acme");
    await db.writer.insert(jobs).values([1, 2, 3].map((n) => ({ companyId: company.id, title: `Role ${n}`, status: "active" as const })));
    rosa = await newRecruiter("Rosa");
    const world = { db, env: { ENVIRONMENT: "development", ...PARTNER_KEYS } };
    const key = await keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa);
    const client = await clientOf(world, rosa.recruiterId, rosa, { redirectUris: ["http://127.0.0.1/callback"] });
    environment = {
      SPLITS_URL: worker.origin,
      SPLITS_KEY: key.token,
      RECEIVER_URL: "http://127.0.0.1:9/",
      SPLITS_CLIENT_ID: client.clientId,
      SPLITS_CLIENT_SECRET: client.secret ?? "",
    };
  }, 120_000);
  afterAll(async () => {
    await worker?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What everybody does whom Rosa invited: they agree to be represented. */
  const everybodyAgrees = () =>
    db.writer
      .update(recruiterCandidates)
      .set({ consentGiven: true, consentGivenAt: new Date(), status: "active" })
      .where(eq(recruiterCandidates.recruiterId, rosa.recruiterId));

  /** Runs one example as a reader would, from a file of its own. */
  async function runExample(language: Language, code: string, env = environment): Promise<string> {
    const { file, command, args } = LANGUAGES[language];
    const path = join(folder, file);
    await writeFile(path, code);
    if (language === "ts") await copyFile(join(ROOT, GENERATED.types), join(folder, "schema.d.ts"));
    const running = run(command, [...args, path], { env: { ...process.env, ...env }, timeout: 60_000 });
    let said = "";
    let agreed: Promise<void> | undefined;
    running.child.stdout?.on("data", (text: string) => {
      const asked = /^open in a browser: (\S+)\n/m.exec((said += text))?.[1];
      if (asked) agreed ??= agree(asked);
    });
    const { stdout } = await running;
    await agreed;
    return stdout;
  }

  /** What a person does with the address that an example tells them to open: signs in, agrees, and is sent back. */
  async function agree(address: string): Promise<void> {
    const sent = (url: string, form: Record<string, string>, cookie = "") =>
      fetch(url, {
        method: "POST",
        body: new URLSearchParams(form),
        redirect: "manual",
        headers: { cookie, "sec-fetch-site": "same-origin" },
      });
    const signedIn = await sent(`${worker.origin}/dev/sign-in`, { user_id: rosa.userId });
    const cookie = signedIn.headers.getSetCookie().map((line) => line.split(";")[0]);
    const answered = await sent(address, { account_id: rosa.recruiterId, answer: "allow" }, cookie.join("; "));
    await fetch(answered.headers.get("location") ?? "");
  }

  it.each(await examples())("$page: $language $number", async ({ language, code }) => {
    if (!(await isPresent(language))) {
      console.log(`skipped: ${LANGUAGES[language].command} is missing; ${LANGUAGES[language].install}`);
      expect(process.env["CI"], `${language} is missing`).toBeUndefined();
      return;
    }
    const said = await runExample(language, code);
    expect(said).toMatch(/invited: pending|acting for|"user_id"|"secret":"whsec_/);
    if (said.includes("invited")) {
      await everybodyAgrees();
      expect(await runExample(language, code)).toMatch(/submitted: \w+/);
    }
    if (code.includes("verifier")) expect(said).toMatch(new RegExp(`^acting for ${rosa.userId} with read:roles$`, "m"));
  });

  it("type-checks the JavaScript ones against the contract", async () => {
    const codes = (await examples()).filter(({ language }) => language === "ts");
    expect(codes.length).toBeGreaterThan(0);
    await copyFile(join(ROOT, GENERATED.types), join(folder, "schema.d.ts"));
    const files = await Promise.all(
      codes.map(async ({ code }, index) => {
        const file = join(folder, `typed-${index}.ts`);
        await writeFile(file, `${code}\nexport {};\n`);
        return file;
      }),
    );
    const options = [
      "--noEmit",
      "--strict",
      "--target",
      "esnext",
      "--module",
      "nodenext",
      "--types",
      "node",
      "--lib",
      "esnext,dom,dom.asynciterable",
    ];
    const compile = (more: readonly string[]) =>
      run(join(ROOT, "node_modules/.bin/tsc"), [...options, "--allowImportingTsExtensions", "--skipLibCheck", "--ignoreConfig", ...more], {
        cwd: folder,
      });
    await expect(compile(files)).resolves.toMatchObject({ stdout: "" });
    const typo = join(folder, "typo.ts");
    await writeFile(typo, `${(codes[0]?.code ?? "").replace('"/api/v1/roles"', '"/api/v1/rolls"')}\nexport {};\n`);
    await expect(compile([typo])).rejects.toMatchObject({ stdout: expect.stringContaining("/api/v1/rolls") });
  });

  it("the Postman collection runs once through, and no answer is off the contract", async () => {
    const prism = await prismBefore(worker.origin);
    try {
      expect(await postman(prism.origin, environment["SPLITS_KEY"] ?? "")).toEqual([]);
    } finally {
      prism.stop();
    }
  });
});

type Language = keyof typeof LANGUAGES;
const LANGUAGES = {
  ts: { file: "example.ts", command: process.execPath, args: [] as string[], install: "" },
  python: { file: "example.py", command: "/usr/bin/python3", args: [], install: "apt-get install python3-requests python3-authlib" },
  ruby: { file: "example.rb", command: "/usr/bin/ruby", args: [], install: "apt-get install ruby ruby-oauth2" },
  sh: { file: "example.sh", command: "/bin/sh", args: [], install: "" },
} as const;

/** Whether a language and the packages its page asks for are installed. */
async function isPresent(language: Language): Promise<boolean> {
  const probe = { ts: ["--version"], sh: ["-c", "true"], python: ["-c", "import requests, authlib"], ruby: ["-e", 'require "oauth2"'] }[
    language
  ];
  return run(LANGUAGES[language].command, probe).then(
    () => true,
    () => false,
  );
}

/** Every fenced example of the pages for partners. */
async function examples(): Promise<{ page: string; language: Language; number: number; code: string }[]> {
  const pages = ["docs/api.md", "docs/webhooks.md", ...["javascript", "python", "ruby"].map((name) => `docs/sdk/${name}/README.md`)];
  const found = await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(join(ROOT, page), "utf8");
      return [...text.matchAll(/^```(ts|python|ruby|sh)\n(.*?)^```$/gms)].map(([, language, code = ""], index) => ({
        page,
        language: language as Language,
        number: index + 1,
        code,
      }));
    }),
  );
  return found.flat();
}

/** Every request of the collection once; what failed, and how. */
async function postman(origin: string, key: string): Promise<string[]> {
  const collection = JSON.parse(await kept(GENERATED.postman)) as object;
  const summary = await new Promise<newman.NewmanRunSummary>((done, failed) => {
    newman.run(
      {
        collection,
        envVar: [
          { key: "baseUrl", value: origin },
          { key: "bearerToken", value: key },
        ],
        timeoutRequest: 20_000,
      },
      (error, result) => (error ? failed(error) : done(result)),
    );
  });
  return summary.run.executions.flatMap(({ item, response, ...rest }) => {
    const { requestError } = rest as { requestError?: Error };
    if (requestError) return [`${item.name}: ${requestError.message}`];
    const isUnknown = response.code === 401 && !item.request.url.getPath().startsWith("/oauth/"); // no client is told to the collection
    return response.code >= 500 || isUnknown ? [`${item.name}: ${response.code} ${(response.text() ?? "").slice(0, 300)}`] : [];
  });
}
