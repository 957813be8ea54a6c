import type { Answer, Marketplace } from "./api.ts";

export const ORIGIN = "http://127.0.0.1:8787";

export interface Click {
  /** What a form sends. */
  form?: Record<string, string>;
  headers?: Record<string, string>;
}

let browsers = 0;

/** A browser at the console, with an address of its own: it keeps cookies, and sends its forms from its own pages. */
export function browserAt(world: Pick<Marketplace, "call">) {
  const address = `10.0.${Math.floor(++browsers / 250)}.${1 + (browsers % 250)}`;
  const cookies = new Map<string, string>();

  async function visit(method: string, path: string, { form, headers = {} }: Click = {}): Promise<Answer> {
    const answer = await world.call(method, path, {
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
      headers: {
        "cf-connecting-ip": address,
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
        ...(method === "GET" ? {} : { "sec-fetch-site": "same-origin" }),
        ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") } : {}),
        ...headers,
      },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = "", rest = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
      if (/Max-Age=0/i.test(rest)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  }

  return {
    cookies,
    get: (path: string, click?: Click) => visit("GET", path, click),
    post: (path: string, form: Record<string, string> = {}, click: Click = {}) => visit("POST", path, { form, ...click }),
    /** Signs in as somebody, by the way of developers. */
    signInAs: (userId: string) => visit("POST", "/dev/sign-in", { form: { user_id: userId } }),
  };
}

export type TestBrowser = ReturnType<typeof browserAt>;
