import type { FC } from "hono/jsx";
import assets from "#assets";
import { type EmbedCode, embedCode, isGlobalName } from "#domain/intake/embed-code.ts";
import { getIntakeSettings } from "#services/intake-requests/intake-settings.ts";
import { Button, Field, Select } from "#ui/form.tsx";
import { Card, Notice } from "#ui/parts.tsx";
import { originOf } from "../../../hosts.ts";
import { CompanyHead, withinCompany } from "../../company-pages.tsx";
import type { PageContext } from "../../context.ts";
import { TYPE_WORDS } from "./widget.tsx";

const HERE = "/console/company/embed-code";

/** Writes the code that a company pastes into its site, and shows what it makes. */
export async function embedCodePage(c: PageContext): Promise<Response> {
  const place = await withinCompany(c);
  const { company, ctx } = place;
  const settings = await getIntakeSettings(ctx, company.id);
  const { name = "sw", label = "", target = "", type: wanted = "" } = c.req.query();
  const isName = isGlobalName(name);
  const type = TYPE_WORDS.find(({ value }) => value === wanted)?.value ?? null;
  const wish: Omit<EmbedCode, "pinned"> = {
    companyId: company.id,
    origin: originOf("cdn", c.env.CONSOLE_ORIGIN),
    name: isName ? name : "sw",
    type,
    label: label.trim(),
    target: target.trim(),
  };
  const pinned = { path: assets.widget, integrity: assets.widgetIntegrity };
  return c.render(
    <>
      <CompanyHead place={place} at={HERE} title="Embed code">
        Paste it into a page of your site, where the form is to stand.
      </CompanyHead>
      {settings.allowedOrigins.length === 0 ? (
        <Notice tone="warn">
          No page of yours may send yet. <a href="/console/company/widget">Say where it may stand</a>.
        </Notice>
      ) : null}
      <div class="halves">
        <Card title="What it is to be">
          <form method="get" action={HERE} class="stack wide" data-swap="code" data-preview={company.id}>
            <Select
              name="type"
              label="How it stands in the page"
              value={type ?? ""}
              options={[{ value: "", label: "As the settings say" }, ...TYPE_WORDS]}
            />
            <Field name="label" label="On the button (optional)" value={label} />
            <Field
              name="target"
              label="Where (optional)"
              hint="A CSS selector, such as #hire. Else it stands beside the code."
              value={target}
            />
            <Field
              name="name"
              label="Name of the global"
              hint="Take another where the page has an element with the id sw."
              value={name}
              error={isName ? undefined : "A name has letters, digits and underscores, and begins with a letter."}
            />
            <div class="row">
              <Button kind="main">Write the code</Button>
            </div>
          </form>
        </Card>
        <Card title="What it makes">
          <div id="preview">
            <noscript>
              <p class="soft">The preview needs JavaScript; the code does not.</p>
            </noscript>
          </div>
          <p class="soft small">Its Send posts nothing.</p>
        </Card>
      </div>
      <div id="code" class="stack wide">
        <Code title="Embed code" text={embedCode({ ...wish, pinned: null })}>
          It follows our improvements by itself.
        </Code>
        <Code title="Pinned to one version" text={embedCode({ ...wish, pinned })}>
          It runs this version and nothing else: the browser checks its hash. It changes when you paste another.
        </Code>
      </div>
    </>,
    { title: "Embed code", head: <script src={assets.preview} defer></script> },
  );
}

const Code: FC<{ title: string; text: string; children: string }> = ({ title, text, children }) => (
  <Card title={title}>
    <p class="soft">{children}</p>
    <section class="scroll" tabindex={0} aria-label={title}>
      <pre class="code">
        <code>{text}</code>
      </pre>
    </section>
  </Card>
);
