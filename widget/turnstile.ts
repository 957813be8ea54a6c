import { element } from "./element.ts";

const SCRIPT = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit";

interface Turnstile {
  render(place: Element, options: { sitekey: string; callback: (token: string) => void }): string;
  reset(id: string): void;
}

/**
 * Asks Turnstile from the first touch of the form on. It reaches into no shadow, so that it stands in the
 * page and shows through the form's slot.
 *
 * @returns what gives the token, each for one try
 */
export function turnstileIn(host: Element, sitekey: string): () => string {
  let [id, token] = ["", ""];
  const place = element("div");
  const service = (): Turnstile => (window as unknown as { turnstile: Turnstile }).turnstile;
  host.addEventListener(
    "focusin",
    () => {
      host.append(place);
      const loader = element("script", { src: SCRIPT });
      loader.addEventListener("load", () => (id = service().render(place, { sitekey, callback: (given) => (token = given) })));
      document.head.append(loader);
    },
    { once: true },
  );
  return () => {
    const given = token;
    token = "";
    if (id) service().reset(id);
    return given;
  };
}
