import type { Refusal } from "#domain/refusals.ts";
import { ButtonLink } from "#ui/form.tsx";
import { PROBLEMS } from "../../api/problems.ts";
import type { PageContext } from "../context.ts";

/** What could not be done, in words, with the id by which we find it again and a way on. */
export function errorPage(c: PageContext, refusal: Refusal): Response | Promise<Response> {
  const { status, title } = PROBLEMS[refusal.code];
  const again = c.req.method === "GET" && status >= 500;
  c.status(status);
  return c.render(
    <>
      <div class="stack">
        <p class="soft">{status}</p>
        <h1>{title}</h1>
        <p class="prose">{refusal.message}</p>
      </div>
      <div class="row">
        {again ? (
          <ButtonLink href={c.req.path} kind="main">
            Try again
          </ButtonLink>
        ) : null}
        <ButtonLink href="/console">Go to the console</ButtonLink>
      </div>
      <p class="soft small">
        Request <code>{c.var.requestId}</code>
      </p>
    </>,
    { title },
  );
}
