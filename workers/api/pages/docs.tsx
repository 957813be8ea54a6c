import type { Handler } from "hono";
import assets from "#assets";
import { Document } from "#ui/page.tsx";
import type { ApiEnv } from "../app.ts";
import { sendPage } from "./send-page.ts";
import { Top } from "./top.tsx";

/** Every call of the partner API, to read and to try: Swagger UI from our own files, under the policy of every page. */
export const docsPage: Handler<ApiEnv> = (c) =>
  sendPage(
    c,
    <Document
      title="Partner API"
      description="Every call of the Splits Network partner API, to read and to try."
      head={[
        <link rel="stylesheet" href={assets.swaggerTheme} />,
        <script src={assets.swagger} defer></script>,
        <script src={assets.docs} defer></script>,
      ]}
    >
      <Top />
      <main id="main">
        <h1 class="unseen">Partner API</h1>
        <p class="small">
          The same contract for your tools: <a href="/openapi.json">OpenAPI 3.0</a>, <a href="/openapi-3.1.json">OpenAPI 3.1</a>,{" "}
          <a href="/postman.json">Postman</a>.
        </p>
        <noscript>
          <p class="notice">This page needs JavaScript. The same contract is at /openapi.json.</p>
        </noscript>
        <div id="calls" data-contract="/openapi.json"></div>
      </main>
    </Document>,
  );
