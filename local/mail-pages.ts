import { html, raw } from "hono/html";
import type { Mail } from "./mail-catcher.ts";
import { page } from "./page.ts";

const PART = "Caught mail";
const SNIPPET_LENGTH = 160;

/** The inbox, newest first. */
export function listPage(mails: readonly Mail[], to: string): Promise<Response> {
  const count = mails.length === 1 ? "1 mail" : `${mails.length.toLocaleString("en")} mails`;
  return page({
    title: `Mail (${mails.length})`,
    part: PART,
    formActions: ["'self'"],
    body: html`<div class="head">
        <div>
          <h1>Mail</h1>
          <p class="soft">${count}${to === "" ? "" : html` to ${to} · <a href="/">show all</a>`}</p>
        </div>
        <form method="get" action="/" role="search">
          <div class="field">
            <input type="search" name="to" value="${to}" placeholder="Recipient’s address" aria-label="Recipient’s address" /><button
              class="button"
            >
              Find
            </button>
          </div>
        </form>
      </div>
      <div class="card">
        ${
          mails.length === 0
            ? empty(to)
            : html`<ul class="rows">
                ${mails.map(row)}
              </ul>`
        }
      </div>`,
  });
}

const row = (mail: Mail) =>
  html`<li>
    <a class="row" href="/mails/${mail.id}">
      <span class="badge" aria-hidden="true">${(mail.to[0] ?? "?").slice(0, 1)}</span>
      <span class="words"
        ><b>${mail.subject || "(no subject)"}</b><span class="small">${mail.to.join(", ")}</span
        ><span class="soft small">${snippet(mail)}</span></span
      >
      ${time(mail)}</a
    >
  </li>`;

const empty = (to: string) =>
  html`<div class="empty">
    <svg
      viewBox="0 0 48 48"
      width="56"
      height="56"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <rect x="5" y="11" width="38" height="27" rx="3" />
      <path d="m6 13 18 14 18-14" />
    </svg>
    <b>${to === "" ? "No mail yet" : "No mail to this address"}</b>
    <p>
      ${to === "" ? "Whatever the platform sends is caught here and never leaves this machine. Invite a candidate to see the first one." : "Look for the whole address, such as carl@candidates.test."}
    </p>
  </div>`;

/** One mail: its facts, where its links lead, its text, and its HTML in a frame that can do nothing. */
export function mailPage(mail: Mail): Promise<Response> {
  const facts: (readonly [string, string])[] = [
    ["From", mail.from],
    ["To", mail.to.join(", ")],
    ...(mail.reply_to.length > 0 ? [["Reply to", mail.reply_to.join(", ")] as const] : []),
    ...Object.entries(mail.headers),
    ...mail.tags.map(({ name, value }) => [`Tag ${name}`, value] as const),
    ...(mail.idempotency_key === null ? [] : [["Idempotency key", mail.idempotency_key] as const]),
  ];
  const links = linksOf(mail);
  return page({
    title: mail.subject || "(no subject)",
    part: PART,
    foreignStyles: true,
    body: html`<p class="small"><a href="/">All mail</a></p>
      <div class="head">
        <h1>${mail.subject || "(no subject)"}</h1>
        ${time(mail)}
      </div>
      <dl class="card facts">
        ${facts.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      ${
        links.length === 0
          ? ""
          : section(
              "Links",
              html`<ul class="links">
                ${links.map((link) => html`<li><a href="${link}" rel="noreferrer" target="_blank">${link}</a></li>`)}
              </ul>`,
            )
      }
      ${mail.html === null ? "" : section("HTML", html`<iframe sandbox="" srcdoc="${mail.html}" title="The mail as HTML"></iframe>`)}
      ${mail.text === null ? "" : section("Text", html`<pre class="text">${raw("\n")}${mail.text}</pre>`)}`,
  });
}

export const nothingPage = (): Promise<Response> =>
  page({
    title: "No such mail",
    part: PART,
    status: 404,
    body: html`<div class="card">
      <div class="empty">
        <b>No such mail</b>
        <p>Only the last 1,000 are kept, and only until the local world stops. <a href="/">All mail</a></p>
      </div>
    </div>`,
  });

const section = (title: string, content: ReturnType<typeof html>) =>
  html`<section class="card">
    <h2 class="part-head">${title}</h2>
    ${content}
  </section>`;

function time({ created_at }: Mail) {
  const at = new Date(created_at);
  const today = at.toDateString() === new Date().toDateString();
  const words = at.toLocaleString("en-GB", {
    ...(today ? {} : { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return html`<time class="side" datetime="${created_at}" title="${created_at}">${words}</time>`;
}

function snippet({ text, html: markup }: Mail): string {
  const words = text ?? (markup ?? "").replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ");
  return words.replace(/\s+/g, " ").trim().slice(0, SNIPPET_LENGTH);
}

/** The frame lets nothing be clicked, so what a mail links to stands beside it. */
function linksOf({ text, html: markup }: Mail): readonly string[] {
  const hrefs = [...(markup ?? "").matchAll(/\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].map(([, double, single]) =>
    (double ?? single ?? "").replaceAll("&amp;", "&"),
  );
  const plain = [...(text ?? "").matchAll(/https?:\/\/[^\s<>"]+/g)].map(([link]) => link.replace(/[.,;:!?)\]]+$/, ""));
  return [...new Set([...hrefs, ...plain])].filter((link) => /^https?:\/\//i.test(link));
}
