import type { Refusal } from "#domain/refusals.ts";
import { ButtonLink } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { PROBLEMS } from "../../api/problems.ts";
import type { PageContext } from "../context.ts";

/** What could not be done, in words, with the id by which we find it again and a way on. */
export function errorPage(c: PageContext, refusal: Refusal): Response | Promise<Response> {
  const { status, title } = PROBLEMS[refusal.code];
  const again = c.req.method === "GET" && status >= 500;
  const wait = refusal.members["retry_after"];
  c.status(status);
  if (typeof wait === "number") c.header("Retry-After", String(wait));
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

/** A form that was sent again when its secret could no longer be told. */
export function goneSecretPage(c: PageContext): Response | Promise<Response> {
  c.status(409);
  return c.render(
    <>
      <Heading title="This was done already">
        The form that you sent again made a secret, which was shown then. Nothing was made a second time.
      </Heading>
      <p class="prose">If the secret is lost, give it a new one: open the key or app, and choose “New secret”.</p>
      <div class="row">
        <ButtonLink href={c.req.path.slice(0, c.req.path.lastIndexOf("/"))} kind="main">
          Go on
        </ButtonLink>
      </div>
    </>,
    { title: "This was done already" },
  );
}
