import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { HOUSE_FIELDS, INTAKE_FIELD_TYPES, type IntakeField } from "#domain/intake/fields.ts";
import { changeIntakeSettings, getIntakeSettings, type IntakeSettings } from "#services/intake-requests/intake-settings.ts";
import type { ApiEnv } from "../app.ts";
import { operation } from "../operation.ts";
import { defined, Id, OverrideReason, text } from "./shapes.ts";

const MAX_WORDS = 120;
const MAX_THANKS = 500;
const MAX_KEY = 200;

const Field = z
  .strictObject({
    name: text(40),
    label: text(MAX_WORDS),
    type: z.enum(INTAKE_FIELD_TYPES),
    required: z.boolean(),
    autocomplete: text(60).optional(),
    options: z.array(text(MAX_WORDS)).optional(),
  })
  .openapi("IntakeField");

const words = {
  enabled: z.boolean(),
  type: z.enum(["inline", "modal", "button"]),
  label: text(60).nullable(),
  heading: text(MAX_WORDS).nullable(),
  thanks: text(MAX_THANKS).nullable(),
};

const Shape = z
  .object({
    company_id: Id,
    ...words,
    fields: z.array(Field),
    has_house_fields: z.boolean().openapi({ description: "Whether the company chose no fields of its own" }),
    allowed_origins: z.array(z.string()),
    turnstile_site_key: z.string().nullable(),
    version: z.int().openapi({ description: "0 before anything was chosen" }),
  })
  .openapi("IntakeSettings");

const Change = z
  .strictObject({
    ...words,
    fields: z.array(Field).nullable().openapi({ description: "Null for those of the house" }),
    allowed_origins: z.array(z.string().max(300)).openapi({ description: "Pages that may post, such as https://www.company.com" }),
    turnstile: z
      .strictObject({ site_key: text(MAX_KEY), secret: text(MAX_KEY) })
      .nullable()
      .openapi({ description: "Null asks Turnstile no more. The secret is never shown again" }),
    reason: OverrideReason,
    version: z.int(),
  })
  .partial()
  .openapi("IntakeSettingsChange");

const settings = (row: IntakeSettings): z.infer<typeof Shape> => ({
  company_id: row.companyId,
  enabled: row.enabled,
  type: row.type,
  label: row.label,
  heading: row.heading,
  thanks: row.thanks,
  fields: [...(row.fields ?? HOUSE_FIELDS)] as z.infer<typeof Field>[],
  has_house_fields: row.fields === null,
  allowed_origins: [...row.allowedOrigins],
  turnstile_site_key: row.turnstileSiteKey,
  version: row.version,
});

export function intakeSettings(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "get",
    path: "/intake-settings/{id}",
    access: ["intake-settings", "get"],
    summary: "Read how a company takes in roles",
    description: "For the company's people. The id is the company's.",
    params: z.object({ id: Id }),
    replies: [200, Shape],
    run: (ctx, { params }) => getIntakeSettings(ctx, params.id),
    present: settings,
  });
  operation(api, {
    method: "patch",
    path: "/intake-settings/{id}",
    access: ["intake-settings", "update"],
    summary: "Change how a company takes in roles",
    description: "For the company's admins. The id is the company's.",
    params: z.object({ id: Id }),
    body: Change,
    replies: [200, Shape],
    run: (ctx, { params, body: { version, allowed_origins: allowedOrigins, fields, turnstile, reason: _, ...body } }) =>
      changeIntakeSettings(
        ctx,
        params.id,
        {
          ...defined(body),
          ...defined({
            allowedOrigins,
            fields: fields as readonly IntakeField[] | null | undefined,
            turnstile: turnstile && { siteKey: turnstile.site_key, secret: turnstile.secret },
          }),
        },
        version,
      ),
    present: settings,
  });
}
