import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import puppeteer, { type Browser } from "puppeteer-core";

/** Firefox makes itself a profile first. */
const START_MS = 60_000;
const PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const executablePath = process.env["FIREFOX_PATH"] ?? PLACES.find((place) => existsSync(place));

/** Whether Firefox can be tried. Where CI is set it must; elsewhere one line says what is missing. */
export const hasFirefox = executablePath !== undefined || process.env["CI"] !== undefined;
if (!hasFirefox) console.log("Firefox's tests are skipped: it is not here. `apt-get install firefox-esr`, or set FIREFOX_PATH.");

/**
 * Firefox, which finds one host of another name at a port of this machine, as the world outside would
 * find it; `*.localhost` it knows by itself. Whoever signed a certificate is nothing to it.
 *
 * @param host - the name, which is asked for by https
 */
export async function openFirefox({ host, port }: { host: string; port: number }): Promise<{ browser: Browser; close(): Promise<void> }> {
  const proxy = createServer();
  proxy.on("connect", ({ url }, asking) => {
    if (url !== `${host}:443`) return void asking.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const there = connect(port, "127.0.0.1", () => asking.write("HTTP/1.1 200 Connection Established\r\n\r\n"));
    there.on("error", () => asking.destroy()).pipe(asking);
    asking.on("error", () => there.destroy()).pipe(there);
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const browser = await puppeteer.launch({
    browser: "firefox",
    headless: true,
    acceptInsecureCerts: true,
    timeout: START_MS,
    ...(executablePath ? { executablePath } : {}),
    extraPrefsFirefox: {
      "network.proxy.type": 1,
      "network.proxy.ssl": "127.0.0.1",
      "network.proxy.ssl_port": (proxy.address() as AddressInfo).port,
    },
  });
  return {
    browser,
    async close() {
      await browser.close();
      proxy.close();
    },
  };
}
