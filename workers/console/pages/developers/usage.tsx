import type { Child, FC } from "hono/jsx";
import { Refusal } from "#domain/refusals.ts";
import { type AccountPlan, choosePlan, getAccountPlan } from "#services/account-plans/account-plan.ts";
import { listKeys } from "#services/api-keys/api-key.ts";
import { type Counts, getUsage, GROUPS, type Usage } from "#services/usage/get-usage.ts";
import { type InvoicePreview, previewInvoice } from "#services/usage/preview-invoice.ts";
import { Chart } from "#ui/chart.tsx";
import { Button, Checkbox, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Card, type Difference, Facts, MINUTE, Overtaken, Stats } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { contextWithinAccount, type Form, formOf, type PageContext } from "../../context.ts";
import { keptForm } from "../../kept-form.ts";
import { count, DeveloperTabs, dollars, errorsOf, isOvertaken, Unseen } from "../../partner-pages.tsx";
import { inWords } from "../../words.ts";

const HERE = "/developers/usage";
export const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
const DAYS = 30;
const MICROS_A_CENT = 10_000;
const MOST_KEYS = 100;

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

/** The account's requests of the last days, one bar a day; the last is today's. */
export const RequestsByDay: FC<{ usage: Usage; days: number; now: Date }> = ({ usage, days, now }) => {
  const today = Math.floor(now.getTime() / DAY_MS);
  const byDay = new Map(usage.rows.map(({ start, requests }) => [start.getTime() / DAY_MS, requests]));
  const points = Array.from({ length: days }, (_, index) => {
    const day = today - days + 1 + index;
    const name = DAY.format(day * DAY_MS);
    return { label: (days - 1 - index) % 7 === 0 ? name : "", name, value: byDay.get(day) ?? 0 };
  });
  const total = points.reduce((sum, { value }) => sum + value, 0);
  return (
    <Chart
      sentence={`${count(total)} requests in the last ${days} days, ${count(points.at(-1)?.value ?? 0)} of them today.`}
      unit="requests"
      points={points}
    />
  );
};

/** How near to the limit the account's busiest key or grant came, hour by hour; the last bar is the running hour. */
const BusiestByHour: FC<{ usage: Usage; now: Date }> = ({ usage, now }) => {
  const running = Math.floor(now.getTime() / HOUR_MS);
  const busiest = new Map<number, number>();
  for (const { start, requests } of usage.rows) {
    const hour = start.getTime() / HOUR_MS;
    busiest.set(hour, Math.max(busiest.get(hour) ?? 0, requests));
  }
  const points = Array.from({ length: 24 }, (_, index) => {
    const hour = running - 23 + index;
    const name = `${MINUTE.format(hour * HOUR_MS)} UTC`;
    return { label: index % 6 === 5 ? name.slice(-9, -4) : "", name, value: busiest.get(hour) ?? 0 };
  });
  const most = Math.max(...points.map(({ value }) => value));
  const limit = usage.limit?.requestsPerHour;
  return (
    <Chart
      sentence={`The busiest key or grant made ${count(most)} requests in its busiest hour of the last day${limit === undefined ? "" : `, of ${count(limit)} allowed`}.`}
      unit="requests"
      points={points}
      mark={limit === undefined ? undefined : { name: "Limit", value: limit }}
    />
  );
};

type Group = (typeof GROUPS)[number];

/** What the account used, by day and by what; and what requests beyond the limit may cost. */
export const usagePage = (c: PageContext): Promise<Response> => pageWith(c, {}, null);

/** @param given - what was typed; null for what is saved */
async function pageWith(c: PageContext, errors: FieldErrors, given: Form | null, overtaken = false): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const group: Group = GROUPS.find((name) => name === c.req.query("group")) ?? "route";
  const since = new Date(Date.now() - (DAYS - 1) * DAY_MS);
  const [days, grouped, plan, preview, keys, hours] = await Promise.all([
    getUsage(ctx, { period: "day", group: null, since, until: null }),
    getUsage(ctx, { period: "month", group, since, until: null }),
    getAccountPlan(ctx),
    previewInvoice(ctx),
    listKeys(ctx, { limit: MOST_KEYS, after: null, filters: {} }),
    getUsage(ctx, { period: "hour", group: "key", since: new Date(Date.now() - DAY_MS), until: null }),
  ]);
  const names = new Map(keys.rows.map(({ id, name }) => [id, name]));
  const kept = given ?? (await keptForm(c, ctx)) ?? {};
  return c.render(
    <>
      <Heading title="Usage">{`The last ${DAYS} days. Each key and each grant may make ${count(days.limit?.requestsPerHour ?? 0)} requests in a rolling hour.`}</Heading>
      <DeveloperTabs at={HERE} />
      <Stats
        of={[
          { name: "Requests", value: count(days.totals.requests) },
          { name: "Refused by the limit", value: count(days.totals.denied ?? 0) },
          { name: "Beyond it and paid", value: count(days.totals.overage ?? 0) },
        ]}
      />
      <Card title="The last day against the limit">
        <p class="soft small">The busiest key or grant in each hour.</p>
        <BusiestByHour usage={hours} now={ctx.now()} />
      </Card>
      <Card title="Requests by day">
        <RequestsByDay usage={days} days={DAYS} now={ctx.now()} />
      </Card>
      <form method="get" action={HERE} class="filter" data-swap="grouped">
        <Select
          name="group"
          label="Count by"
          value={group}
          options={[
            { value: "route", label: "Route" },
            { value: "key", label: "Key or grant" },
            { value: "version", label: "Version of the API" },
          ]}
        />
        <Button>Show</Button>
      </form>
      <div id="grouped">
        <Grouped usage={grouped} group={group} names={names} />
      </div>
      {overtaken ? <Overtaken of={differencesOf(plan, kept)} /> : null}
      <Overage plan={plan} preview={preview} errors={errors} given={kept} unseen={<Unseen ctx={ctx} version={plan.version} />} />
    </>,
    { title: "Usage", status: c.req.query("done") === "plan" ? "Saved. It counts from the next request on." : undefined },
  );
}

const Grouped: FC<{ usage: Usage; group: Group; names: ReadonlyMap<string, string> }> = ({ usage, group, names }) => {
  const groups = [...Map.groupBy(usage.rows, (row) => row.group ?? "").entries()]
    .map(([name, rows]) => ({ name, counts: added(rows) }))
    .toSorted((a, b) => b.counts.requests - a.counts.requests);
  if (groups.length === 0) return <p class="soft">Nothing was asked in this time. Routes and versions are counted once an hour.</p>;
  const measured = group !== "key";
  return (
    <Table<(typeof groups)[number]>
      name={`Requests by ${group}`}
      rows={groups}
      columns={[
        { name: group === "key" ? "Key or grant" : inWords(group), cell: ({ name }) => names.get(name) ?? <code>{name}</code> },
        { name: "Requests", numeric: true, cell: ({ counts }) => count(counts.requests) },
        {
          name: measured ? "Failed" : "Refused",
          numeric: true,
          cell: ({ counts }) => count((measured ? counts.failed : counts.denied) ?? 0),
        },
        measured
          ? {
              name: "Mean time",
              numeric: true,
              cell: ({ counts }) => (counts.meanLatencyMs === null ? "" : `${count(counts.meanLatencyMs)} ms`),
            }
          : { name: "Beyond the limit", numeric: true, cell: ({ counts }) => count(counts.overage ?? 0) },
      ]}
    />
  );
};

/** The counts of several months as one. */
function added(rows: readonly Counts[]): Counts {
  const sum = (name: "requests" | "overage" | "denied" | "failed") => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  const requests = sum("requests");
  const time = rows.reduce((total, row) => total + (row.meanLatencyMs ?? 0) * row.requests, 0);
  return {
    requests,
    overage: sum("overage"),
    denied: sum("denied"),
    failed: sum("failed"),
    meanLatencyMs: requests === 0 ? null : Math.round(time / requests),
  };
}

interface OverageProps {
  plan: AccountPlan;
  preview: InvoicePreview;
  errors: FieldErrors;
  given: Form;
  unseen: Child;
}

const capOf = ({ spendCapCents }: AccountPlan): string => String(spendCapCents / 100);

/** Where what was typed is not what somebody else has saved meanwhile. */
function differencesOf(plan: AccountPlan, typed: Form): Difference[] {
  const onOff = (on: boolean) => (on ? "on" : "off");
  return [
    { name: "Beyond the limit", now: onOff(plan.overageEnabled), yours: onOff(typed["overage_enabled"] === "yes") },
    { name: "At most a month, in dollars", now: capOf(plan), yours: typed["spend_cap"] ?? "" },
  ].filter(({ now, yours }) => now !== yours);
}

const Overage: FC<OverageProps> = ({ plan, preview, errors, given, unseen }) => (
  <Card title="Beyond the limit">
    <Facts
      of={[
        { name: "Plan", value: inWords(plan.plan) },
        ...(plan.terms.overage === "meter"
          ? [{ name: "Price", value: `${dollars((plan.terms.unitPriceMicros / MICROS_A_CENT) * 1_000)} for a thousand requests` }]
          : []),
        { name: "This month", value: `${count(preview.overageUnits)} paid requests, ${dollars(preview.amountCents)} so far` },
      ]}
    />
    {plan.terms.overage === "meter" ? (
      <form method="post" action={HERE} class="stack prose">
        {unseen}
        <ErrorSummary errors={errors} />
        <Checkbox
          name="overage_enabled"
          value="yes"
          label="Go on beyond the limit, and pay for it"
          checked={given["spend_cap"] === undefined ? plan.overageEnabled : given["overage_enabled"] === "yes"}
          error={errors["overage_enabled"]}
        />
        <Field
          name="spend_cap"
          label="At most a month, in dollars"
          hint="When it is reached, the limit holds again."
          value={given["spend_cap"] ?? capOf(plan)}
          error={errors["spend_cap"]}
        />
        <div class="row">
          <Button>Save</Button>
        </div>
      </form>
    ) : (
      <p class="soft">On this plan the limit holds. Premium and enterprise accounts may go on beyond it and pay for what they use.</p>
    )}
  </Card>
);

/** Most that a cap may be, in dollars. */
const MOST_DOLLARS = 1_000_000;

/** Switches paid requests on or off, and moves their cap. */
export async function overageChosen(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  const amount = /^\d{1,7}(?:\.\d{1,2})?$/.test(given["spend_cap"] ?? "") ? Number(given["spend_cap"]) : Number.NaN;
  if (!(amount <= MOST_DOLLARS)) {
    c.status(422);
    return pageWith(c, { spend_cap: `The cap is an amount in dollars, ${count(MOST_DOLLARS)} at most.` }, given);
  }
  try {
    await choosePlan(await contextWithinAccount(c), {
      overageEnabled: given["overage_enabled"] === "yes",
      spendCapCents: Math.round(amount * 100),
    });
  } catch (error) {
    if (isOvertaken(error)) {
      c.status(409);
      return pageWith(c, {}, given, true);
    }
    if (error instanceof Refusal && error.members["reason"] === "no_payer") {
      c.status(409);
      return pageWith(c, { overage_enabled: error.message }, given);
    }
    const errors = errorsOf(error, { spend_cap: "The cap" });
    c.status(422);
    return pageWith(c, errors, given);
  }
  return c.redirect(`${HERE}?done=plan`, 303);
}
