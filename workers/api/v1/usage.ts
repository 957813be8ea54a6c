import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { type Counts, getUsage, GROUPS, PERIODS, type Usage } from "#services/usage/get-usage.ts";
import { type InvoicePreview, previewInvoice } from "#services/usage/preview-invoice.ts";
import type { ApiEnv } from "../app.ts";
import { Day, Instant, InstantInput } from "../v2/shapes.ts";
import { operation } from "./operation.ts";

const Plan = z.enum(["standard", "premium", "enterprise"]);

const counts = {
  requests: z.int().openapi({ description: "Requests that the limiter decided on, whatever it said" }),
  overage: z.int().nullable().openapi({ description: "Of them beyond the limit and paid for; null by route or version" }),
  denied: z.int().nullable().openapi({ description: "Of them refused by the limit; null by route or version" }),
  failed: z.int().nullable().openapi({ description: "Of them answered 4xx or 5xx; only by route or version" }),
  mean_latency_ms: z.int().nullable().openapi({ description: "Only by route or version" }),
};

const UsageShape = z
  .object({
    period: z.enum(PERIODS),
    group: z.enum(GROUPS).nullable(),
    since: Instant,
    until: Instant,
    limit: z
      .object({
        plan: Plan,
        requests_per_hour: z.int().openapi({ description: "In a rolling hour, of each key or grant" }),
        ceiling_per_hour: z.int().nullable().openapi({ description: "How far paid requests may go; null where overage is off" }),
      })
      .nullable(),
    totals: z.object(counts),
    rows: z.array(
      z.object({
        start: Instant.openapi({ description: "The beginning of the hour, day or month, in UTC" }),
        group: z.string().nullable().openapi({ description: "The route, the version, or the id of the key or grant" }),
        ...counts,
      }),
    ),
  })
  .openapi("Usage");

const presentCounts = ({ requests, overage, denied, failed, meanLatencyMs }: Counts) => ({
  requests,
  overage,
  denied,
  failed,
  mean_latency_ms: meanLatencyMs,
});

const presentUsage = (usage: Usage): z.infer<typeof UsageShape> => ({
  period: usage.period,
  group: usage.group,
  since: usage.since.toISOString(),
  until: usage.until.toISOString(),
  limit: usage.limit && {
    plan: usage.limit.plan,
    requests_per_hour: usage.limit.requestsPerHour,
    ceiling_per_hour: usage.limit.ceilingPerHour,
  },
  totals: presentCounts(usage.totals),
  rows: usage.rows.map((row) => ({ start: row.start.toISOString(), group: row.group, ...presentCounts(row) })),
});

const InvoicePreviewShape = z
  .object({
    month: Day,
    plan: Plan,
    base_units: z.int(),
    overage_units: z.int(),
    reported_units: z.int().openapi({ description: "Of the overage, reported for billing so far" }),
    unit_price_micros: z.int().openapi({ description: "The price of a unit, in millionths of a dollar" }),
    amount_cents: z.int(),
    spend_cap_cents: z.int(),
    currency: z.literal("usd"),
  })
  .openapi("InvoicePreview");

const presentPreview = (preview: InvoicePreview): z.infer<typeof InvoicePreviewShape> => ({
  month: preview.month,
  plan: preview.plan,
  base_units: preview.baseUnits,
  overage_units: preview.overageUnits,
  reported_units: preview.reportedUnits,
  unit_price_micros: preview.unitPriceMicros,
  amount_cents: preview.amountCents,
  spend_cap_cents: preview.spendCapCents,
  currency: "usd",
});

const UsageQuery = z.strictObject({
  period: z.enum(PERIODS).default("day"),
  group: z
    .enum(GROUPS)
    .nullable()
    .default(null)
    .openapi({ type: "string", description: "Counts by route, by key or grant, or by version of the API" }),
  since: InstantInput.nullable().default(null).openapi({ type: "string", format: "date-time" }),
  until: InstantInput.nullable().default(null).openapi({ type: "string", format: "date-time", description: "Now, unless told" }),
});

export function usage(api: OpenAPIHono<ApiEnv>): void {
  operation<object, object, undefined, InvoicePreview>(api, {
    method: "get",
    path: "/usage/invoice-preview",
    need: "session",
    access: ["usage", "preview"],
    summary: "See what this month comes to",
    description: "The month's units so far and what the paid ones cost, by the query that bills them.",
    replies: [200, InvoicePreviewShape],
    run: (ctx) => previewInvoice(ctx),
    present: presentPreview,
  });
  operation<object, z.infer<typeof UsageQuery>, undefined, Usage>(api, {
    method: "get",
    path: "/usage",
    need: "any",
    access: ["usage", "get"],
    summary: "See what was used",
    description:
      "Requests of the account's keys and grants by hour, day or month, in all or by route, key or version. Counts by route and version are added up every hour.",
    query: UsageQuery as never,
    replies: [200, UsageShape],
    run: (ctx, { query }) => getUsage(ctx, query),
    present: presentUsage,
  });
}
