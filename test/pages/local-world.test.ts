import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Issuer, SIGN_IN_CLIENT_ID, startIssuer } from "#local/issuer.ts";
import { type MailCatcher, startMailCatcher } from "#local/mail-catcher.ts";
import { PEOPLE } from "#local/people.ts";
import { faultsOf, hasChromium, openBrowser } from "./browser.ts";

const KEY = "re_test";
const MAIL = {
  from: "Splits Network <hello@splits.test>",
  to: ["carla@people.test"],
  subject: "Rita Recruiter would like to represent you",
  html: "<p style='color:#333'>Please <a href='https://splits.test/invite'>answer</a>.</p>",
  text: "Please answer: https://splits.test/invite",
};

const AUTHORIZE = new URLSearchParams({
  client_id: SIGN_IN_CLIENT_ID,
  redirect_uri: "http://127.0.0.1:8787/sso/oidc/callback",
  response_type: "code",
  scope: "openid email profile",
  state: "s",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
});

describe.runIf(hasChromium)("the pages of the local world, as a browser shows them", () => {
  let [browser, issuer, catcher]: [Browser?, Issuer?, MailCatcher?] = [];
  let mailId = "";

  beforeAll(async () => {
    [browser, issuer, catcher] = await Promise.all([
      openBrowser(),
      startIssuer({ port: 0, authorizedParty: "http://127.0.0.1:8787", people: PEOPLE }),
      startMailCatcher({ port: 0, key: KEY }),
    ]);
    const sent = await fetch(`${catcher.url}/emails`, {
      method: "POST",
      headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json", "Idempotency-Key": "one" },
      body: JSON.stringify(MAIL),
    });
    ({ id: mailId } = (await sent.json()) as { id: string });
  });
  afterAll(() => Promise.all([browser?.close(), issuer?.stop(), catcher?.stop()]));

  const PAGES: readonly [string, () => string | undefined][] = [
    ["what the issuer is", () => issuer?.url],
    ["the people to sign in as", () => `${issuer?.url}/authorize?${AUTHORIZE}`],
    ["a sign-in that cannot be", () => `${issuer?.url}/authorize?client_id=unknown`],
    ["no mail for somebody", () => `${catcher?.url}/?to=nobody@people.test`],
    ["the mails", () => catcher?.url],
    ["one mail", () => `${catcher?.url}/mails/${mailId}`],
  ];

  it.each(PAGES)("%s", async (_, url) => {
    expect(await faultsOf(browser as Browser, url() ?? "")).toEqual([]);
  });

  it("wear the house's style", async () => {
    const page = await (browser as Browser).newPage();
    await page.goto(issuer?.url ?? "");
    expect(await page.evaluate("getComputedStyle(document.body).margin")).toBe("0px");
    await page.close();
  });
});
