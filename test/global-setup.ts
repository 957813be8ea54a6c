import type { TestProject } from "vitest/node";
import { startIssuer } from "#local/issuer.ts";
import { startMailCatcher } from "#local/mail-catcher.ts";
import { startNameServer } from "#local/name-server.ts";
import { PEOPLE } from "#local/people.ts";
import { startTurnstile } from "#local/turnstile.ts";
import { buildAssets } from "#ui/build.ts";
import { testServer } from "./postgres.ts";
import { startTestStripe } from "./stripe-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The superuser's address of the run's Postgres. */
    serverUrl: string;
    /** The Neon endpoint: the driver's address is `<neonUrl>/sql`, the controls are `<neonUrl>/_local/…`. */
    neonUrl: string;
    /** The issuer of session tokens; `POST <issuerUrl>/_local/token {email, sub?}` makes one. */
    issuerUrl: string;
    /** The mail API, and what it received at `<mailUrl>/_local/mails?to=`. */
    mailUrl: string;
    mailKey: string;
    /** A stand-in for Stripe per secret key; `testStripe()` of test/stripe.ts takes one. */
    stripeUrl: string;
    /** A stand-in for Turnstile, which says yes and no as the published test secrets do. */
    turnstileUrl: string;
    /** A name server over HTTPS; what a host's first label says is how it answers. */
    namesUrl: string;
  }
}

const MAIL_KEY = "re_test";

const begin = () =>
  Promise.all([
    testServer(),
    startIssuer({ port: 0, authorizedParty: "https://app.splits.test", people: PEOPLE }),
    startMailCatcher({ port: 0, key: MAIL_KEY }),
    startTestStripe(),
    startTurnstile({ port: 0 }),
    startNameServer({ port: 0 }),
    buildAssets(),
  ]);

/** Every project of a run calls the setup, from a module of its own; the world is one. */
interface Shared {
  world?: ReturnType<typeof begin>;
  users: number;
}
const shared = ((globalThis as { splitsWorld?: Shared }).splitsWorld ??= { users: 0 });

/** Brings up the outside world once for a whole test run, on ports of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users++;
  const [server, issuer, mail, stripe, turnstile, names] = await (shared.world ??= begin());

  project.provide("serverUrl", server.serverUrl);
  project.provide("neonUrl", server.neon.url);

  project.provide("issuerUrl", issuer.url);
  project.provide("mailUrl", mail.url);
  project.provide("mailKey", MAIL_KEY);
  project.provide("stripeUrl", stripe.url);
  project.provide("turnstileUrl", turnstile.url);
  project.provide("namesUrl", names.url);

  return async () => {
    if (--shared.users === 0) await Promise.all([server.stop(), issuer.stop(), mail.stop(), stripe.stop(), turnstile.stop(), names.stop()]);
  };
}
