import type { Handler } from "hono";
import type { Child } from "hono/jsx";
import { Document, Heading } from "#ui/page.tsx";
import type { ApiEnv } from "../app.ts";
import { sendPage } from "./send-page.ts";
import { Top } from "./top.tsx";

function Text({ title, description, children }: { title: string; description: string; children: Child }) {
  return (
    <Document title={title} description={description}>
      <Top />
      <main id="main" class="stack">
        <Heading title={title}>{description}</Heading>
        {children}
        <p>
          <a href="/docs">All calls of the partner API</a>
        </p>
      </main>
    </Document>
  );
}

/** Where the `Link` of a deprecated version leads with `rel="deprecation"`. */
export const migratePage: Handler<ApiEnv> = (c) =>
  sendPage(
    c,
    <Text title="Moving to another version" description="What to do when a version of the partner API is deprecated.">
      <ol class="stack">
        <li>
          <code>GET /api/v1/usage?group=version</code> tells how often you still call each version, and <code>group=key</code> which of your
          keys do.
        </li>
        <li>
          The <code>Link</code> with <code>rel="successor-version"</code> on each answer names the same path of the next version.
        </li>
        <li>Keys, grants, scopes and limits are the same in every version: one key may call both while you move, path by path.</li>
        <li>
          Compare the two contracts and let the compiler find what changed: generate your client's types from the new one, as the JavaScript
          example does.
        </li>
      </ol>
      <p>v1 is the first version. When another one comes, each change that breaks a caller is told here with the rewrite it needs.</p>
    </Text>,
  );

/** Where the `Link` of a deprecated version leads with `rel="sunset"`. */
export const policyPage: Handler<ApiEnv> = (c) =>
  sendPage(
    c,
    <Text title="How long a version lives" description="What may change within a version of the partner API, and how one ends.">
      <h2>Within a version</h2>
      <p>
        New paths, new optional fields and parameters, and new values in answers may come at any time. Nothing is removed or renamed, and no
        field becomes required.
      </p>
      <h2>The end of a version</h2>
      <ul class="stack">
        <li>It lives for at least twelve months after the next version came.</li>
        <li>
          Its end is announced at least six months before: every answer carries <code>Deprecation</code>, <code>Sunset</code> with the day,
          and <code>Link</code>.
        </li>
        <li>
          After that day every call answers 410 <a href="/docs/problems/version_sunset">version_sunset</a>.
        </li>
      </ul>
    </Text>,
  );
