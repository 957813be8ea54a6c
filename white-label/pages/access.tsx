import type { FC } from "hono/jsx";
import { Button, ErrorSummary, Field } from "#ui/form.tsx";
import { Document } from "#ui/page.tsx";

/** The door of a private page. It names nobody: whoever has no code learns nothing (SURFACES §4). */
export const AccessPage: FC<{ returnTo: string; error?: string | undefined }> = ({ returnTo, error }) => (
  <Document
    title="Access code"
    site="Access code"
    description="This page needs an access code."
    script={false}
    class="slim"
    head={<meta name="robots" content="noindex" />}
  >
    <main id="main">
      <form method="post" action="/access" class="card stack wide" novalidate>
        <div class="stack">
          <h1>Access code</h1>
          <p class="soft">This page is for partners. Enter the code that you were given.</p>
        </div>
        <ErrorSummary errors={{ code: error }} />
        <input type="hidden" name="return_to" value={returnTo} />
        <Field name="code" label="Code" error={error} required autocomplete="off" autofocus />
        <Button kind="main" whole>
          Open the page
        </Button>
      </form>
    </main>
  </Document>
);
