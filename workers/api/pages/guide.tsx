import type { Handler } from "hono";
import { raw } from "hono/html";
import guides from "#guides";
import { Refusal } from "#domain/refusals.ts";
import { Document, Heading } from "#ui/page.tsx";
import type { ApiEnv } from "../app.ts";
import { sendPage } from "./send-page.ts";
import { Top } from "./top.tsx";

/** A page of `docs/` for partners: the guide, an example to copy, or a receiver. */
export const guidePage: Handler<ApiEnv> = (c) => {
  const name = c.req.param("guide") ?? "";
  const guide = Object.hasOwn(guides, name) ? guides[name] : undefined;
  if (!guide) throw new Refusal("not_found", "There is no such page.");
  return sendPage(
    c,
    <Document title={guide.title} description={guide.about}>
      <Top />
      <main id="main" class="guide">
        <Heading title={guide.title} />
        {raw(guide.html)}
      </main>
    </Document>,
  );
};
