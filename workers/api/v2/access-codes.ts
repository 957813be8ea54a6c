import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { listOf } from "#services/listing.ts";
import { type AccessCode, accessCodeNoun, createAccessCode, revokeAccessCode } from "#services/white-label/access-codes.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation } from "../operation.ts";
import { Id, instant, Instant, InstantInput, OverrideReason, text } from "./shapes.ts";

const CodeShape = z
  .object({
    id: Id,
    company_id: Id,
    label: z.string().openapi({ example: "Harbor Search" }),
    expires_at: Instant,
    uses: z.int(),
    max_uses: z.int().nullable(),
    revoked_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
    code: z.string().optional().openapi({ description: "Only in the answer that makes it", example: "K7QX-M4PW-2RTD" }),
  })
  .catchall(z.unknown())
  .openapi("AccessCode");

const CodeInput = z
  .strictObject({
    company_id: Id,
    label: text(100).openapi({ description: "For whom it is" }),
    expires_at: InstantInput,
    max_uses: z.int().min(1).max(100_000).nullish(),
    reason: OverrideReason,
  })
  .openapi("AccessCodeInput");

const filters = z.object({ company_id: Id });

/** What leaves the house of a code; of the code itself nothing, but once. */
const accessCode = (row: AccessCode & { code?: string }) => ({
  id: row.id,
  company_id: row.companyId,
  label: row.label,
  expires_at: row.expiresAt.toISOString(),
  uses: row.uses,
  max_uses: row.maxUses,
  revoked_at: instant(row.revokedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.code === undefined ? {} : { code: row.code }),
});

export function accessCodes(api: OpenAPIHono<ApiEnv>): void {
  listOperation<AccessCode>(api, {
    path: "/access-codes",
    access: ["access-codes", "list"],
    summary: "List the access codes of private pages",
    noun: accessCodeNoun,
    filters,
    item: CodeShape,
    run: (ctx, query) => listOf<AccessCode>(ctx, accessCodeNoun, query),
    present: accessCode,
  });
  operation(api, {
    method: "post",
    path: "/access-codes",
    access: ["access-codes", "create"],
    summary: "Make an access code for a partner",
    description: "By the company's admins. The code is told once, in this answer.",
    body: CodeInput,
    replies: [201, CodeShape],
    run: (ctx, { body }) =>
      createAccessCode(ctx, {
        companyId: body.company_id,
        label: body.label,
        expiresAt: body.expires_at,
        maxUses: body.max_uses ?? null,
      }),
    present: accessCode,
    secret: true,
  });
  operation(api, {
    method: "post",
    path: "/access-codes/{id}/revoke",
    params: idParameter,
    access: ["access-codes", "revoke"],
    summary: "End an access code",
    description: "Whoever entered it before is asked again.",
    body: z.strictObject({ reason: OverrideReason }).openapi("AccessCodeEnd"),
    replies: [200, CodeShape],
    run: (ctx, { params: { id } }) => revokeAccessCode(ctx, id),
    present: accessCode,
  });
}
