import { HOME, returnPath } from "#domain/identity/session.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { listOf } from "#services/listing.ts";
import { signInAs } from "#services/sessions/sign-in-as.ts";
import { asSystem } from "#services/users/register-subject.ts";
import { type User, userNoun } from "#services/users/user.ts";
import { Button } from "#ui/form.tsx";
import { contextOf, formOf, keepSession, type PageContext } from "../context.ts";
import { inWords } from "../words.ts";

/** By this a build is searched for the development sign-in, which production must not contain (IDENTITY §5). */
const MARKER = "splits-development-sign-in";
const HERE = "/dev/sign-in";
const LISTED = 24;
const LOOPBACK = /^(?:localhost|[\w.-]+\.localhost|127\.0\.0\.1|\[::1\])$/;

/** Lists people and signs in as one of them, without a proof: on a developer's machine, and nowhere else. */
export async function devSignIn(c: PageContext): Promise<Response> {
  if (c.env.ENVIRONMENT !== "development" || !LOOPBACK.test(new URL(c.req.url).hostname)) throw notFound("page");
  const ctx = await contextOf(c, "public");
  if (c.req.method === "POST") {
    const { user_id: id, return_to: returnTo } = await formOf(c);
    if (!id || !isUuid(id)) throw notFound("active user");
    keepSession(c, await signInAs(ctx, id));
    return c.redirect(returnTo === HERE ? HOME : returnPath(returnTo), 303);
  }
  const { rows } = await listOf<User>(asSystem(ctx), userNoun, {
    page: 1,
    limit: LISTED,
    sortBy: "created_at",
    sortOrder: "asc",
    include: ["roles"],
    filters: { status: "active" },
  });
  return c.render(
    <div class="card stack wide" id={MARKER}>
      <div class="stack">
        <h1>Sign in as</h1>
        <p class="soft">For this machine only. Tests of the sign-in itself take the real one.</p>
      </div>
      <form method="post" action={HERE}>
        <input type="hidden" name="return_to" value={returnPath(c.req.query("return_to"))} />
        <ul class="list">
          {rows
            .filter(({ email }) => email !== "")
            .map(({ id, name, email, included }) => (
              <li class="head">
                <div>
                  <b>{name || email}</b>
                  <p class="soft small">{[...rolesOf(included), email].join(" · ")}</p>
                </div>
                <Button kind="quiet" name="user_id" value={id} label={`Sign in as ${name || email}`}>
                  Sign in
                </Button>
              </li>
            ))}
        </ul>
      </form>
    </div>,
    { title: "Development sign-in", slim: true },
  );
}

const rolesOf = (included: Record<string, unknown>): string[] => (included["roles"] as { name: string }[]).map(({ name }) => inWords(name));
