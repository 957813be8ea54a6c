import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "#local/ports.ts";
import { callWorker, PARTNER_KEYS, populated, type RunningWorker, startWorker } from "../http/worker.ts";
import { type Key, keyOf } from "../partner/keys.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const RECEIVERS = [
  { language: "JavaScript", command: process.execPath, file: "docs/sdk/javascript/receiver.js", install: "" },
  { language: "Python", command: "/usr/bin/python3", file: "docs/sdk/python/receiver.py", install: "apt-get install python3" },
  { language: "Ruby", command: "/usr/bin/ruby", file: "docs/sdk/ruby/receiver.rb", install: "apt-get install ruby" },
] as const;

const isPresent = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"]);
    return true;
  } catch {
    return false;
  }
};

describe("the receivers of docs/sdk", { timeout: 60_000 }, async () => {
  const { database, db, recruiter } = await populated();
  let worker: RunningWorker;
  let key: Key;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    worker = await startWorker({ databaseUrl: database.url });
    const rosa = await recruiter("Rosa");
    const world = { db, env: { ENVIRONMENT: "development", ...PARTNER_KEYS } };
    key = await keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa);
  }, 120_000);
  afterAll(async () => {
    for (const child of running) child.kill();
    await worker?.stop();
  });

  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await callWorker(worker, method, `/api/v1${path}`, { as: key, body });
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body.data;
  };

  /** A receiver on a port of its own, as a partner would run it. */
  async function listening(command: string, file: string, port: number, secret: string): Promise<() => string> {
    const child = spawn(command, [join(ROOT, file)], { env: { ...process.env, SPLITS_WEBHOOK_SECRET: secret, PORT: String(port) } });
    running.push(child);
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.stderr.on("data", (text) => (said += text));
    while (!said.includes("listening")) {
      if (child.exitCode !== null) throw new Error(`${file} did not start:\n${said}`);
      await pause(20);
    }
    return () => said;
  }

  const macOf = (secret: string, id: string, timestamp: number | string, body: string): string =>
    createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
      .update(`${id}.${timestamp}.${body}`)
      .digest("base64");

  it.each(RECEIVERS)("$language verifies a real delivery, during a rotation, too, and nothing else", async ({ command, file, install }) => {
    if (!isPresent(command)) {
      console.log(`skipped: ${command} is missing; ${install}`);
      expect(process.env["CI"], `${command} is missing`).toBeUndefined();
      return;
    }
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/splits`;
    const { id, secret } = await call("POST", "/webhooks", { url, event_types: ["role.created"] });
    const said = await listening(command, file, port, secret);
    const verified = () => said().match(/^verified: webhook\.test \{"webhook_id": ?"[\da-f-]+"\}$/gm)?.length ?? 0;

    const tested = await call("POST", `/webhooks/${id}/test`);
    expect(tested).toMatchObject({ succeeded: true, http_status: 204 });
    await expect.poll(verified).toBeGreaterThan(0);
    const before = verified();
    expect((await call("GET", `/webhooks/${id}`)).status).toBe("active");

    await call("POST", `/webhooks/${id}/rotate-secret`, { overlap_seconds: 3_600 });
    expect(await call("POST", `/webhooks/${id}/test`)).toMatchObject({ succeeded: true }); // with the secret before
    await expect.poll(verified).toBe(before + 1);

    const body = '{"type":"webhook.test","data":{"webhook_id":"00000000"},  "spaced": "ä"}';
    const now = Math.floor(Date.now() / 1_000);
    const event = `evt_${crypto.randomUUID()}`;
    const genuine = macOf(secret, event, now, body);
    const post = async (headers: Record<string, string>, bytes = body): Promise<number> =>
      (await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: bytes })).status;
    const headers = (timestamp: number | string, signature: string) => ({
      "webhook-id": event,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signature,
    });
    const other = `v1,${macOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", event, now, body)}`;

    expect(await post(headers(now, `v1,${genuine}`))).toBe(204);
    expect(await post(headers(now, `v1a,c2ln ${other} v1,${genuine}`))).toBe(204);
    expect(await post(headers(now, other))).toBe(401);
    expect(await post(headers(now, `v2,${genuine}`))).toBe(401);
    expect(await post(headers(now, genuine))).toBe(401);
    expect(await post(headers(now, ""))).toBe(401);
    expect(await post({})).toBe(401);
    expect(await post(headers(now, `v1,${genuine}`), body.replace("  ", " "))).toBe(401);
    expect(await post(headers(now + 1, `v1,${genuine}`))).toBe(401);
    for (const [age, status] of [
      [290, 204],
      [310, 401],
      [-310, 401],
    ] as const) {
      expect(await post(headers(now - age, `v1,${macOf(secret, event, now - age, body)}`)), String(age)).toBe(status);
    }
    expect(await post(headers(`${now}.0`, `v1,${macOf(secret, event, `${now}.0`, body)}`))).toBe(401);
    expect(said().match(/00000000/g)?.length).toBe(1); // the same id is handled once
  });
});
