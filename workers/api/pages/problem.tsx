import type { Handler } from "hono";
import { type ErrorCode, Refusal } from "#domain/refusals.ts";
import { Document, Heading } from "#ui/page.tsx";
import type { ApiEnv } from "../app.ts";
import { PROBLEMS } from "../problems.ts";
import { sendPage } from "./send-page.ts";
import { Top } from "./top.tsx";

/** What to do about an answer, by its status. */
const ADVICE: Readonly<Record<number, string>> = {
  400: "The request cannot be read. The members of errors name each parameter or header and what is wrong with it; correct it and send it again.",
  401: "Send Authorization: Bearer with a credential that is valid. WWW-Authenticate tells what is wrong with the one that came.",
  403: "The credential is known but may not do this: it lacks a scope, waits for approval, or belongs to another kind of account. Repeating the request changes nothing.",
  404: "There is no such thing, or it is not yours to see; the two answer alike.",
  405: "The header Allow names the methods of this path.",
  406: "Every answer is JSON: accept application/json.",
  409: "The request does not fit what is there now. Read it again and decide anew.",
  410: "It existed and has ended for good.",
  412: "It was changed since you read it. Read it again, and repeat the change with its new ETag.",
  413: "Send less than 256 KB.",
  415: "Send the body as application/json.",
  422: "The body can be read but breaks a rule. The members of errors point to each field by JSON pointer.",
  429: "Wait as many seconds as Retry-After tells, then send the request again.",
  500: "The fault is ours. Tell us the request id; a request with an Idempotency-Key may be sent again.",
  503: "Something we need is away for the moment. Send the request again after Retry-After, with the same Idempotency-Key.",
};

/** The page that `type` and `docs` of a problem lead to. */
export const problemPage: Handler<ApiEnv> = async (c) => {
  const code = c.req.param("code") as ErrorCode;
  if (!Object.hasOwn(PROBLEMS, code)) throw new Refusal("not_found", "There is no such problem.");
  const { status, title }: { status: number; title: string } = PROBLEMS[code];
  return sendPage(
    c,
    <Document title={title} description={`What ${code} means, and what to do about it.`}>
      <Top />
      <main id="main" class="stack">
        <Heading title={title}>
          <code>{code}</code>, status {status}
        </Heading>
        <p>{ADVICE[status] ?? ""}</p>
        <p>
          <a href="/docs">All calls of the partner API</a>
        </p>
      </main>
    </Document>,
  );
};
