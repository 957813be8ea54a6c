import { element } from "./element.ts";
import { intakeForm, NO_ANSWER, wayOut } from "./form.ts";
import { ask, type Configuration, TIMEOUT, type Trouble } from "./intake.ts";
import { turnstileIn } from "./turnstile.ts";
import css from "./widget.css";

/** What a page may say otherwise than the company; fields, colours and limits are not among it. */
const PRESENTATION = ["type", "label", "heading", "thanks"] as const;

/** No question can have this name, which would be the id of its answer. */
const HEADING = "H";

/** What `sw('init', …)` may say. */
interface Options extends Partial<Pick<Configuration, (typeof PRESENTATION)[number]>> {
  companyId: string;
  /** An element or its selector. */
  target?: string | Element;
  /** Shows everything and sends nothing. */
  preview?: boolean;
}

interface Widget {
  said: string;
  host: Element;
  open(): void;
  close(): void;
}

type Command = readonly [name: string, ...given: never[]];
type Global = ((...command: Command) => void) & { q?: Command[] };

const script = document.currentScript as HTMLScriptElement; // only to be had before the first await
const { origin } = new URL(script.src);
const globals = window as unknown as Record<string, Global | undefined>;
/** By company, the latest last. */
const widgets = new Map<string, Widget>();

const tell = (event: string, detail: object): void => void dispatchEvent(new CustomEvent(`splits:${event}`, { detail }));

const latest = (): Widget | undefined => [...widgets.values()].pop();

const COMMANDS: Readonly<Record<string, (...given: never[]) => void>> = {
  init,
  open: () => latest()?.open(), // before the first init there is nothing to open
  close: () => latest()?.close(),
  on: (event: string, hear: (detail: unknown) => void) =>
    addEventListener(`splits:${event}`, (heard) => hear((heard as CustomEvent<unknown>).detail)),
};

/** One widget for a company: said again it stays; said otherwise, or torn out of the page, it is made anew. */
function init(options: Options): void {
  const { companyId, target } = options;
  const said = JSON.stringify({ ...options, target: String(target) }); // what a framework hangs on an element may go in circles
  const before = widgets.get(companyId);
  if (before) {
    if (before.said === said && before.host.isConnected) return;
    before.host.remove();
    widgets.delete(companyId);
  }
  widgets.set(companyId, Object.assign(widgetOf(options), { said }));
}

/** Where the page wants it: in the target, in the marked element, or beside the embed code. */
function place(host: Element, { target = "[data-splits-widget]", companyId }: Options): void {
  const wanted = typeof target === "string" ? document.querySelector(target) : target;
  const code = [...document.scripts].find(({ text }) => text.includes(companyId)) || script;
  if (wanted) wanted.append(host);
  else if (document.body.contains(code)) code.after(host);
  else document.body.append(host);
}

/** Dark where the page is dark around the element, and only there; now, and whenever the person or the page changes that. */
function followTheme(host: Element): void {
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const follow = (): void => {
    const around = host.parentElement;
    if (!around) return;
    const schemes = getComputedStyle(around).colorScheme || "";
    host.toggleAttribute("dark", schemes.includes("dark") && (!schemes.includes("light") || preference.matches));
  };
  follow();
  preference.addEventListener("change", follow);
  // a page that has a switch of its own says so on its outermost elements
  const watching = new MutationObserver(follow);
  for (const each of [document.documentElement, document.body]) watching.observe(each, { attributes: true });
}

function widgetOf(options: Options): Omit<Widget, "said"> {
  const { companyId, preview } = options;
  const base = `${script.dataset["api"] || origin}/api/v1/intake/${companyId}`;
  const link = `${origin}/intake/${companyId}`;
  const host = element("splits-widget" as "div", { lang: "en" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  place(host, options);
  followTheme(host);

  const dialog = element("dialog", { "aria-labelledby": HEADING });
  let isWanted = false;
  const widget = { host, open: () => void (isWanted = true), close: () => dialog.close() };

  function draw(configuration: Configuration): void {
    const { type, color, ink, heading, logo, company, state, label, turnstile } = configuration;
    sheet.insertRule(`:host{--brand:${color};--on-brand:${ink}}`);

    /** The heading and what stands below it; made when it is first seen. */
    const content = (): Node[] => [
      ...(logo ? [element("img", { src: logo, alt: company })] : []),
      element("h2", { id: HEADING }, heading),
      state !== "open"
        ? wayOut(`${company} takes no new roles at the moment.`, new URL("/", configuration.link).href, "See its own page")
        : !crypto.subtle
          ? wayOut("This page cannot send the form.", configuration.link)
          : intakeForm(
              configuration,
              preview ? null : base,
              link,
              tell,
              turnstile && !preview ? turnstileIn(host, turnstile) : () => "",
              element("slot"),
            ),
    ];

    if (type === "inline") {
      root.append(element("section", { "aria-labelledby": HEADING }, ...content()));
      return;
    }
    const opener = element("button", { class: type, "aria-haspopup": "dialog" }, label);
    root.append(opener, dialog);
    let isTouched = false;
    dialog.addEventListener("input", () => (isTouched = true));
    dialog.addEventListener("mousedown", ({ target, offsetX: x, offsetY: y }) => {
      const isOutside = x < 0 || y < 0 || x > dialog.offsetWidth || y > dialog.offsetHeight;
      if (target === dialog && isOutside && !isTouched) dialog.close();
    });
    dialog.addEventListener("close", () => tell("close", { id: companyId }));
    widget.open = () => {
      if (dialog.open) return;
      if (!dialog.firstChild) {
        const shut = element("button", { class: "close", "aria-label": "Close" }, "×");
        shut.addEventListener("click", widget.close);
        dialog.append(shut, ...content());
      }
      dialog.showModal();
      tell("open", { id: companyId });
    };
    opener.addEventListener("click", widget.open);
  }

  /** @param before - what stood there, and could be pressed, while the company could not be asked */
  async function show(before?: Element): Promise<void> {
    try {
      const configuration = await ask<Configuration>(base);
      draw(Object.assign(configuration, ...PRESENTATION.map((name) => options[name] && { [name]: options[name] })));
      tell("ready", { id: companyId });
      if (isWanted) widget.open();
    } catch (error) {
      const { code = "offline" } = error as Trouble;
      const section = element("section");
      if (code === "not_found") section.append(element("p", {}, "This form is not available."));
      else {
        const again = element("button", {}, "Try again");
        again.addEventListener("click", () => show(section), { once: true });
        section.append(wayOut(code === TIMEOUT ? NO_ANSWER : "The form cannot be reached at the moment.", link), again);
      }
      root.append(section);
      tell("error", { code });
    }
    if (!before) return;
    before.remove();
    root.querySelector<HTMLElement>("input, button")?.focus(); // where the one was that was pressed
  }
  void show();
  return widget;
}

/** Takes over a name: does what was asked of it before, and from now on at once. A second copy finds that done. */
function take(name: string): void {
  const before = globals[name];
  if (!before || !before.q) return;
  const run = (globals[name] = (command, ...given) => (COMMANDS[command] as (...given: never[]) => void)(...given));
  for (const command of before.q) run(...command);
}

/** The name is the script's own, as its embed code gave it, or the last that was given. */
const begin = (): void => [script.id, (window as unknown as { SplitsWidget: string }).SplitsWidget].forEach(take);

if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();
