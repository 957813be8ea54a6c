import type { FC } from "hono/jsx";
import { contrast, HOUSE_COLOR, inkOn, toColor } from "#domain/brand/ink.ts";
import { MAX_LOGO_BYTES } from "#domain/files/picture.ts";
import { Refusal } from "#domain/refusals.ts";
import { type Brand, brandSettings, changeBrand } from "#services/companies/brand.ts";
import { updateCompany } from "#services/companies/update-company.ts";
import { settingsFor } from "#services/companies/company-settings.ts";
import { type PageSettings, pageSettings, changePage, type SettableRole, settableRoles } from "#services/white-label/page-settings.ts";
import { Brand as BrandStyle } from "#ui/brand.tsx";
import { Button, ButtonLink, Choices, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Card, Facts } from "#ui/parts.tsx";
import { originOf } from "../../../hosts.ts";
import { CompanyHead, type CompanyPlace, faultsOf, OfCompany, withinCompany } from "../../company-pages.tsx";
import { formOf, type PageContext } from "../../context.ts";

const HERE = "/console/company/white-label";

type Form = Readonly<Record<string, string>>;
interface Wrong {
  errors: FieldErrors;
  given: Form;
}
const FINE: Wrong = { errors: {}, given: {} };

const DONE: Readonly<Record<string, string>> = {
  brand: "Saved. Your pages wear it within a minute.",
  page: "Saved. Your pages show it within a minute.",
  slug: "Saved. The old address leads to the new one for 90 days.",
};

/** What a company's own pages wear, show and say. */
export const whiteLabelPage = (c: PageContext): Promise<Response> => pageWith(c, {});

async function pageWith(c: PageContext, wrong: { brand?: Wrong; page?: Wrong; slug?: Wrong }): Promise<Response> {
  const place = await withinCompany(c);
  const { ctx, company } = place;
  const [brand, page, roles] = await Promise.all([
    settingsFor(ctx, brandSettings, company.id),
    settingsFor(ctx, pageSettings, company.id),
    settableRoles(ctx, company.id),
  ]);
  const address = originOf(`${company.slug}.roles`, c.req.url);
  if (Object.keys(wrong).length > 0) c.status(422);
  return c.render(
    <>
      <CompanyHead place={place} at={HERE} title="White-label pages">
        Your roles in your own colours, for the recruiters and partners you work with.
      </CompanyHead>
      <div class="row">
        <ButtonLink href={address} kind="main">
          Open your page
        </ButtonLink>
        <code>{address}</code>
      </div>
      <BrandCard place={place} brand={brand} {...(wrong.brand ?? FINE)} />
      <PageCard place={place} page={page} roles={roles} {...(wrong.page ?? FINE)} />
      <SlugCard place={place} address={address} {...(wrong.slug ?? FINE)} />
    </>,
    {
      title: "White-label pages",
      head: <BrandStyle color={brand?.color ?? HOUSE_COLOR} nonce={c.var.nonce} />,
      status: DONE[c.req.query("done") ?? ""],
    },
  );
}

const BrandCard: FC<Wrong & { place: CompanyPlace; brand: Brand | undefined }> = ({ place, brand, errors, given }) => {
  const color = brand?.color ?? HOUSE_COLOR;
  const ink = inkOn(color);
  return (
    <Card title="Colour and logo" id="brand">
      <div class="beside">
        <form method="post" action={`${HERE}/brand`} enctype="multipart/form-data" class="stack wide">
          <OfCompany id={place.company.id} />
          <ErrorSummary errors={errors} />
          <Field
            name="color"
            label="Colour"
            hint="As #rrggbb. Text on it is black or white, whichever is easier to read."
            value={given["color"] ?? color}
            error={errors["color"]}
            required
          />
          <div class="field">
            <label for="logo">Logo</label>
            <p class="soft small" id="logo-hint">
              {`PNG, JPEG or WebP, ${MAX_LOGO_BYTES / 1024} KB at most. Without a new one the present one stays.`}
            </p>
            <input
              type="file"
              id="logo"
              name="logo"
              accept="image/png,image/jpeg,image/webp"
              aria-describedby={errors["logo"] ? "logo-hint logo-error" : "logo-hint"}
              aria-invalid={errors["logo"] ? "true" : undefined}
            />
            {errors["logo"] ? (
              <p class="wrong small" id="logo-error">
                {errors["logo"]}
              </p>
            ) : null}
          </div>
          <div class="row">
            <Button kind="main">Save colour and logo</Button>
            {brand?.logoKey ? (
              <Button name="remove" value="logo">
                Remove the logo
              </Button>
            ) : null}
          </div>
        </form>
        <aside class="stack" aria-label="How it looks">
          <div class="preview">
            {brand?.logoKey ? <img src={`/logo/${brand.logoKey}`} alt="" height="32" /> : null}
            <b>{place.company.name}</b>
            <p>Roles we are hiring for</p>
          </div>
          <Facts
            of={[
              { name: "Text on the colour", value: ink === "#000000" ? "Black" : "White" },
              { name: "Contrast", value: `${contrast(color, ink).toFixed(2)} to 1, where 4.5 is needed` },
            ]}
          />
          <meter min="1" max="21" low={4.5} value={contrast(color, ink)} aria-label="Contrast of the text on the colour" />
        </aside>
      </div>
    </Card>
  );
};

const TEXTS = [
  ["welcome", "Welcome", "At the top of the list. Plain text; addresses become links.", 3],
  ["instructions", "How to work with us", "Below the list: what you expect of recruiters.", 5],
  ["thanks", "Thanks", "What somebody reads who has sent you something.", 2],
] as const;

const PageCard: FC<Wrong & { place: CompanyPlace; page: PageSettings | undefined; roles: readonly SettableRole[] }> = ({
  place,
  page,
  roles,
  errors,
  given,
}) => (
  <Card title="What the pages show" id="page">
    <form method="post" action={HERE} class="stack wide prose">
      <OfCompany id={place.company.id} />
      <ErrorSummary errors={errors} />
      <Select
        name="visibility"
        label="Who may see them"
        value={given["visibility"] ?? page?.visibility ?? "public"}
        options={[
          { value: "public", label: "Everybody, and search engines" },
          { value: "private", label: "Whoever has an access code" },
        ]}
      />
      <Select
        name="roles"
        label="Which roles"
        value={given["roles"] ?? page?.roles ?? "none"}
        error={errors["job_ids"]}
        options={[
          { value: "all", label: "All that are open, but those for invited recruiters" },
          { value: "selected", label: "Those chosen below" },
          { value: "none", label: "None" },
        ]}
      />
      {roles.length > 0 ? (
        <Choices
          name="job"
          label="Chosen roles"
          hint="They count where you show those chosen below."
          chosen={page?.jobIds ?? []}
          options={roles.map(({ id, title, status }) => ({ value: id, label: title, ...(status === "paused" ? { hint: "paused" } : {}) }))}
        />
      ) : null}
      {TEXTS.map(([name, label, hint, rows]) => (
        <Field name={name} label={label} hint={hint} rows={rows} value={given[name] ?? page?.[name] ?? ""} error={errors[name]} />
      ))}
      <div class="row">
        <Button kind="main">Save what they show</Button>
      </div>
    </form>
  </Card>
);

const SlugCard: FC<Wrong & { place: CompanyPlace; address: string }> = ({ place, address, errors, given }) => (
  <Card title="Address" id="address">
    <form method="post" action={`${HERE}/slug`} class="stack wide prose">
      <OfCompany id={place.company.id} />
      <ErrorSummary errors={errors} />
      <Field
        name="slug"
        label="First part of the address"
        hint={`Three to forty small letters, digits and single hyphens. Now ${new URL(address).host}.`}
        value={given["slug"] ?? place.company.slug}
        error={errors["slug"]}
        required
      />
      <div class="row">
        <Button>Change the address</Button>
      </div>
    </form>
  </Card>
);

const back = (c: PageContext, done: string): Response => c.redirect(`${HERE}?done=${done}#${done}`, 303);

/** Takes colour and logo; a file's bytes decide what it is. */
export async function brandSaved(c: PageContext): Promise<Response> {
  const { ctx, company } = await withinCompany(c);
  const fields = await c.req.parseBody();
  const given = { color: typeof fields["color"] === "string" ? fields["color"] : "" };
  const file = fields["logo"] instanceof File && fields["logo"].size > 0 ? fields["logo"] : null;
  const logo = fields["remove"] === "logo" ? null : file ? new Uint8Array(await file.arrayBuffer()) : undefined;
  if (toColor(given.color) === null) return pageWith(c, { brand: { given, errors: { color: "Enter a colour such as #0a7d5c." } } });
  try {
    await changeBrand(ctx, company.id, { color: given.color, ...(logo === undefined ? {} : { logo }) });
  } catch (error) {
    return pageWith(c, { brand: { given, errors: faultsOf(error, { color: "The colour", logo: "The logo" }) } });
  }
  return back(c, "brand");
}

const TEXT_LIMITS = { welcome: 2_000, instructions: 5_000, thanks: 2_000 } as const;

/** Takes what the pages show and say. */
export async function pageSaved(c: PageContext): Promise<Response> {
  const { ctx, company } = await withinCompany(c);
  const given = await formOf(c);
  const roles = (["all", "selected", "none"] as const).find((each) => each === given["roles"]) ?? "none";
  const jobIds = Object.keys(given).flatMap((name) => (name.startsWith("job.") ? [name.slice("job.".length)] : []));
  const errors: Record<string, string> = {};
  for (const [name, most] of Object.entries(TEXT_LIMITS)) {
    if ((given[name] ?? "").length > most) errors[name] = `Keep it under ${most} characters.`;
  }
  if (Object.keys(errors).length > 0) return pageWith(c, { page: { given, errors } });
  const text = (name: keyof typeof TEXT_LIMITS): string | null => given[name]?.trim() || null;
  try {
    await changePage(ctx, company.id, {
      visibility: given["visibility"] === "private" ? "private" : "public",
      roles,
      ...(roles === "selected" ? { jobIds } : {}),
      welcome: text("welcome"),
      instructions: text("instructions"),
      thanks: text("thanks"),
    });
  } catch (error) {
    return pageWith(c, { page: { given, errors: faultsOf(error, { job_ids: "The roles" }) } });
  }
  return back(c, "page");
}

/** Takes another address; the old one leads to it for 90 days. */
export async function slugSaved(c: PageContext): Promise<Response> {
  const { ctx, company } = await withinCompany(c);
  const given = await formOf(c);
  const slug = (given["slug"] ?? "").trim().toLowerCase();
  try {
    await updateCompany(ctx, company.id, { slug });
  } catch (error) {
    return pageWith(c, { slug: { given, errors: slugErrors(error) } });
  }
  return back(c, "slug");
}

function slugErrors(error: unknown): FieldErrors {
  const taken = error instanceof Refusal && error.members.reason === "slug_taken";
  return taken ? { slug: "Another company has this address, or had it until lately." } : faultsOf(error, { slug: "The address" });
}
