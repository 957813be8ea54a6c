import type { Context } from "hono";
import { toBase64Url } from "#domain/bytes.ts";
import { pageHeaders } from "#ui/headers.ts";
import type { ApiEnv } from "../app.ts";

const NONCE_BYTES = 16;

/** Sends a page of the API's own host, with the doctype that JSX does not write and the headers of every page. */
export async function sendPage(c: Context<ApiEnv>, page: { toString(): string | Promise<string> }): Promise<Response> {
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  const headers = pageHeaders({ style: { nonce }, production: c.env.ENVIRONMENT === "production", referrer: "same-origin" });
  return c.html(`<!DOCTYPE html>${await Promise.resolve(page.toString())}`, 200, headers);
}
