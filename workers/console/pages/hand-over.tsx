import { isUuid } from "#domain/ids.ts";
import { handOver } from "#services/white-label/hand-over.ts";
import { ButtonLink } from "#ui/form.tsx";
import { originOf } from "../../hosts.ts";
import { contextOf, type PageContext } from "../context.ts";

/**
 * Brings a signed-in person back to the company's own host, with a code that is good once and for a
 * minute. By a link, which the browser follows by itself, because the sign-in before it was a form.
 */
export async function handedOver(c: PageContext): Promise<Response> {
  const ctx = await contextOf(c);
  const { code, slug } = await handOver(ctx, c.req.query("slug") ?? "");
  const roleId = c.req.query("role_id") ?? "";
  const query = new URLSearchParams({ code, ...(isUuid(roleId) ? { role_id: roleId } : {}) });
  const there = `${originOf(`${slug}.roles`, c.req.url)}/session?${String(query)}`;
  return c.render(
    <div class="card stack wide">
      <div class="stack">
        <h1>One moment</h1>
        <p class="soft">You are signed in. The company's page opens by itself.</p>
      </div>
      <ButtonLink href={there} kind="main" whole>
        Continue
      </ButtonLink>
    </div>,
    { title: "Continue", refresh: there, slim: true },
  );
}
