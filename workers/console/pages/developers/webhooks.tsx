import type { FC } from "hono/jsx";
import { alertsOf, isOrphaned, successPercent } from "#domain/webhooks/endpoint.ts";
import { PUBLISHED_EVENTS } from "#domain/events/published.ts";
import { invalidField } from "#domain/refusals.ts";
import { WEBHOOK_STATUSES } from "#domain/webhooks/words.ts";
import type { Context } from "#services/context.ts";
import { listReplayJobs, type ReplayJob } from "#services/replay-jobs/replay-job.ts";
import { listDeliveries } from "#services/webhook-deliveries/delivery.ts";
import { adoptWebhook } from "#services/webhooks/adopt-webhook.ts";
import { type ChangedWebhook, deleteWebhook, updateWebhook } from "#services/webhooks/change-webhook.ts";
import { createWebhook, type ShownWebhook } from "#services/webhooks/create-webhook.ts";
import { type HourOfOutcomes, outcomesByHour } from "#services/webhooks/outcomes.ts";
import { rotateWebhookSecret } from "#services/webhooks/rotate-secret.ts";
import { testWebhook } from "#services/webhooks/test-webhook.ts";
import {
  type Final,
  getWebhook,
  type Health,
  heldScopes,
  listWebhooks,
  totalHealth,
  type Webhook,
  type WebhookWithHealth,
} from "#services/webhooks/webhook.ts";
import { Chart } from "#ui/chart.tsx";
import { Button, ButtonLink, Checkbox, Choices, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Card, Confirm, type Difference, Empty, Facts, NothingFits, Notice, Overtaken, Secret, Stats, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { NewWebhook } from "../../../api/v1/webhook-shapes.ts";
import { parse } from "../../../api/shape.ts";
import { contextWithinAccount, type Form, formOf, idIn, type PageContext } from "../../context.ts";
import { keptForm } from "../../kept-form.ts";
import { once } from "../../once.ts";
import {
  count,
  csvAnswer,
  DeveloperTabs,
  foundIn,
  GraceChoice,
  graceOf,
  isOvertaken,
  ListEnd,
  Narrow,
  narrowingOf,
  pagingOf,
  type Said,
  Unseen,
} from "../../partner-pages.tsx";
import { addressErrors, DELIVERIES, DeliveryTable, Doing, orSay, REPLAYS, State, WEBHOOKS } from "../../webhook-pages.tsx";
import { inWords } from "../../words.ts";

const LABELS = {
  url: "Address",
  description: "Description",
  event_types: "Events",
  headers: "Headers",
  max_per_second: "Deliveries a second",
};
const NEW = `${WEBHOOKS}/new`;
const RECENT = 10;

const host = ({ url }: Pick<Webhook, "url">): string => new URL(url).host;

const SAID: Readonly<Record<string, string>> = {
  deleted: "The endpoint is deleted. Nothing is sent to it any more.",
  saved: "Saved. The next delivery goes by it.",
  disabled: "Disabled. What happens meanwhile is kept, to be replayed.",
  enabled: "Enabled.",
};

/** The account's endpoints, newest first. */
export async function webhooksPage(c: PageContext): Promise<Response> {
  const narrowing = narrowingOf(c, WEBHOOK_STATUSES);
  const isNarrowed = Object.keys(narrowing).length > 0;
  const paging = await pagingOf(c, WEBHOOKS, { ...narrowing });
  const ctx = await contextWithinAccount(c);
  const [{ rows, next }, health] = await Promise.all([listWebhooks(ctx, { ...paging.query, filters: { ...narrowing } }), totalHealth(ctx)]);
  if (paging.wantsCsv) return csvAnswer("webhooks", CSV, rows);
  return c.render(
    <>
      <Heading
        title="Webhooks"
        actions={
          <ButtonLink href={`${WEBHOOKS}/new`} kind="main">
            Add an endpoint
          </ButtonLink>
        }
      >
        An endpoint of yours is told what happens, signed, as soon as it is true.
      </Heading>
      <DeveloperTabs at={WEBHOOKS} />
      {rows.length > 0 || isNarrowed ? <HealthStats of={health} /> : null}
      <Narrow of={narrowing} at={WEBHOOKS} swap="endpoints" statuses={WEBHOOK_STATUSES} />
      <div id="endpoints" class="stack wide">
        {rows.length > 0 ? (
          <>
            <Table<Webhook>
              name="Endpoints"
              rows={rows}
              columns={[
                {
                  name: "Endpoint",
                  cell: (row) => (
                    <>
                      <a href={`${WEBHOOKS}/${row.id}`}>{row.description ?? host(row)}</a>
                      <small>
                        <code>{row.url}</code>
                      </small>
                    </>
                  ),
                },
                {
                  name: "State",
                  cell: (row) => (
                    <>
                      <State of={row.status} />
                      {isOrphaned(row) ? <small>To be adopted</small> : null}
                    </>
                  ),
                },
                { name: "Events", numeric: true, cell: ({ eventTypes }) => eventTypes.length },
                {
                  name: "Last success",
                  cell: ({ lastSuccessAt }) => (lastSuccessAt ? <Ago at={lastSuccessAt} now={ctx.now()} /> : "Never"),
                },
              ]}
            />
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : isNarrowed ? (
          <NothingFits all={WEBHOOKS} />
        ) : (
          <Empty title="No endpoints yet">
            Add one: an https address that answers a POST. It gets a test at once, and everything else when it has answered that.
          </Empty>
        )}
      </div>
    </>,
    { title: "Webhooks", status: SAID[c.req.query("done") ?? ""] ?? foundIn(isNarrowed, rows, next) },
  );
}

/** The endpoints as a file. */
const CSV: readonly Said<Webhook>[] = [
  ["id", ({ id }) => id, "id"],
  ["url", ({ url }) => url],
  ["description", ({ description }) => description],
  ["status", ({ status }) => status],
  ["events", ({ eventTypes }) => eventTypes.join(" ")],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
  ["last_success_at", ({ lastSuccessAt }) => lastSuccessAt?.toISOString() ?? null, "date"],
];

const eventTypesIn = (form: Form): string[] =>
  PUBLISHED_EVENTS.map(({ type }) => type).filter((type) => form[`event_types.${type}`] === "yes");

/** Headers as they are written, a line each: `name: value`. Refuses a line without a colon. */
function headersIn(written: string): Record<string, string> {
  const lines = written.split(/\r?\n/).filter((line) => line.trim() !== "");
  const broken = lines.find((line) => !/^[^:]+:/.test(line));
  if (broken !== undefined) throw invalidField("headers", "invalid", `has a line without a colon: ${broken.slice(0, 50)}`);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]));
}

const asked = (form: Form) =>
  parse(
    NewWebhook,
    {
      url: form["url"],
      description: form["description"] || null,
      event_types: eventTypesIn(form),
      headers: headersIn(form["headers"] ?? ""),
      max_per_second: form["max_per_second"] ? Number(form["max_per_second"]) : null,
    },
    "body",
  );

/** The fields of an endpoint. `keeps`: it has headers, whose values are not shown. */
const WebhookFields: FC<{ given: Form; errors: FieldErrors; events: typeof PUBLISHED_EVENTS; keeps?: readonly string[] }> = ({
  given,
  errors,
  events,
  keeps,
}) => (
  <>
    <Field
      name="url"
      label={LABELS.url}
      hint="https, port 443 or 8443, by name."
      value={given["url"]}
      error={errors["url"]}
      type="url"
      required
    />
    <Choices
      name="event_types"
      label={LABELS.event_types}
      hint="What it is told."
      chosen={eventTypesIn(given)}
      error={errors["event_types"]}
      options={events.map(({ type, description }) => ({ value: type, label: description, hint: type }))}
    />
    <Field
      name="description"
      label={LABELS.description}
      hint="What it is for."
      value={given["description"]}
      error={errors["description"]}
    />
    <Field
      name="headers"
      label="Headers of your own"
      hint={
        keeps && keeps.length > 0
          ? `Now: ${keeps.join(", ")}. Their values are not shown; left empty, they stay.`
          : "A line each, such as “x-tenant: acme”. They are stored sealed."
      }
      rows={3}
      value={given["headers"]}
      error={errors["headers"]}
    />
    <Field
      name="max_per_second"
      label={LABELS.max_per_second}
      hint="At most, from 1 to 100. Without it, as many as come."
      type="number"
      value={given["max_per_second"]}
      error={errors["max_per_second"]}
    />
  </>
);

/** The events that the account can subscribe to. Only after a read. */
function eventsFor(ctx: Context): typeof PUBLISHED_EVENTS {
  const scopes = heldScopes(ctx);
  const kind = ctx.access.account?.kind ?? "platform";
  return PUBLISHED_EVENTS.filter(
    ({ subscribable, scope, accountKinds }) => subscribable !== false && scopes.includes(scope) && (accountKinds?.includes(kind) ?? true),
  );
}

/** Asks what a new endpoint is to be. */
export const newWebhookPage = (c: PageContext): Promise<Response> => newForm(c, null, {});

/** @param typed - null for nothing, or what was kept while the session had ended */
async function newForm(c: PageContext, typed: Form | null, errors: FieldErrors): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  await ctx.read();
  const given = typed ?? (await keptForm(c, ctx)) ?? {};
  return c.render(
    <>
      <p class="up small">
        <a href={WEBHOOKS}>Webhooks</a>
      </p>
      <Heading title="Add an endpoint">It is sent a test at once. Until it answers one with a 2xx it receives nothing else.</Heading>
      <ErrorSummary errors={errors} />
      <form method="post" action={NEW} class="stack wide prose">
        <Unseen ctx={ctx} />
        <WebhookFields given={given} errors={errors} events={eventsFor(ctx)} />
        <div class="row">
          <Button kind="main">Add the endpoint</Button>
          <ButtonLink href={WEBHOOKS}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Add an endpoint" },
  );
}

/** Makes the endpoint, and shows its secret this once. */
export async function webhookAdded(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  try {
    const wanted = asked(given);
    const webhook = {
      url: wanted.url,
      description: wanted.description ?? null,
      eventTypes: wanted.event_types,
      headers: wanted.headers ?? {},
      maxPerSecond: wanted.max_per_second ?? null,
    };
    return await secretPage(c, await once(c, (ctx) => createWebhook(ctx, webhook), told), "Your endpoint is added");
  } catch (error) {
    const errors = addressErrors(error, LABELS);
    c.status(422);
    return newForm(c, given, errors);
  }
}

/** What the page with an endpoint's secret tells. */
const told = ({ id, url, status, secret }: ShownWebhook) => ({ id, host: host({ url }), status, secret });

/** @param made - `missed`: what its own page is to offer, as a query */
const secretPage = (c: PageContext, made: ReturnType<typeof told> & { missed?: string }, title: string): Response | Promise<Response> =>
  c.render(
    <>
      <Heading title={title}>
        {made.status === "unverified" ? "A test is on its way to it." : "Every delivery is signed with it from now on."}
      </Heading>
      <Secret label={`The signing secret of ${made.host}.`} value={made.secret} />
      <p>
        Verify every delivery with it, <a href="/docs/webhooks#verifying">as the documentation shows</a>: in JavaScript, Python and Ruby it
        is a few lines.
      </p>
      <div class="row">
        <ButtonLink href={`${WEBHOOKS}/${made.id}${made.missed ? `?${made.missed}` : ""}`} kind="main">
          I have kept it
        </ButtonLink>
      </div>
    </>,
    { title },
  );

/** One endpoint: how it fares, what it was sent last, and what can be done with it. */
export const webhookPage = (c: PageContext): Promise<Response> => onePage(c, SAID[c.req.query("done") ?? ""]);

async function onePage(c: PageContext, status: string | undefined): Promise<Response> {
  const id = idIn(c, "webhook");
  const ctx = await contextWithinAccount(c);
  const [webhook, hours, deliveries, replays] = await Promise.all([
    getWebhook(ctx, id),
    outcomesByHour(ctx, id),
    listDeliveries(ctx, { limit: RECENT, after: null, filters: { webhook_id: id } }),
    listReplayJobs(ctx, { limit: RECENT, after: null, filters: { webhook_id: id } }),
  ]);
  const path = `${WEBHOOKS}/${id}`;
  const offered = c.req.query("missed");
  return c.render(
    <>
      <p class="up small">
        <a href={WEBHOOKS}>Webhooks</a>
      </p>
      <Heading title={webhook.description ?? host(webhook)} actions={<State of={webhook.status} />}>
        <code>{webhook.url}</code>
      </Heading>
      {alertsOf(webhook).map(({ message }) => (
        <Notice tone={webhook.status === "disabled" ? "bad" : "warn"}>{message}</Notice>
      ))}
      {offered && Number(offered) > 0 ? (
        <Notice>
          It missed {count(Number(offered))} deliveries.{" "}
          <a href={`${path}/replay?missed=yes&since=${encodeURIComponent(c.req.query("since") ?? "")}`}>Replay them</a>
        </Notice>
      ) : null}
      <HealthStats of={webhook.health} />
      <Card title="The last 24 hours">
        <Outcomes hours={hours} />
      </Card>
      <Card title="Last deliveries" aside={<a href={`${DELIVERIES}?webhook_id=${id}`}>All of them</a>}>
        {deliveries.rows.length > 0 ? (
          <DeliveryTable rows={deliveries.rows} now={ctx.now()} />
        ) : (
          <p class="soft">Nothing was sent to it yet.</p>
        )}
      </Card>
      {replays.rows.length > 0 ? (
        <Card title="Replays">
          <ReplayTable rows={replays.rows} />
        </Card>
      ) : null}
      <Card title="About it">
        <Facts
          of={[
            { name: "Events", value: <code>{webhook.eventTypes.join(", ")}</code> },
            { name: "Headers", value: webhook.headerNames.length > 0 ? <code>{webhook.headerNames.join(", ")}</code> : "None of your own" },
            { name: "At most", value: webhook.maxPerSecond === null ? "As many as come" : `${webhook.maxPerSecond} a second` },
            {
              name: "Secrets",
              value: (
                <ul>
                  {webhook.signingKeys.map(({ createdAt, expiresAt }) => (
                    <li>
                      From <Time at={createdAt} />
                      {expiresAt ? (
                        <>
                          , signs until <Time at={expiresAt} />
                        </>
                      ) : null}
                    </li>
                  ))}
                </ul>
              ),
            },
            { name: "Added", value: <Time at={webhook.createdAt} /> },
            { name: "Id", value: <code>{id}</code> },
          ]}
        />
      </Card>
      <div class="row">
        <Doing ctx={ctx} to={`${path}/test`} kind="main">
          Send a test
        </Doing>
        {isOrphaned(webhook) ? (
          <ButtonLink href={`${path}/adopt`}>Adopt</ButtonLink>
        ) : webhook.status === "disabled" ? (
          <Doing ctx={ctx} to={`${path}/enable`}>
            Enable
          </Doing>
        ) : null}
        {webhook.status === "active" ? <ButtonLink href={`${path}/replay`}>Replay</ButtonLink> : null}
        <ButtonLink href={`${path}/edit`}>Change</ButtonLink>
        <ButtonLink href={`${path}/rotate`}>New secret</ButtonLink>
        {webhook.status === "disabled" ? null : <ButtonLink href={`${path}/disable`}>Disable</ButtonLink>}
        <ButtonLink href={`${path}/delete`}>Delete</ButtonLink>
      </div>
    </>,
    { title: "Webhook", status },
  );
}

/** How one endpoint fares, or all of them together. */
const HealthStats: FC<{ of: Health }> = ({ of: health }) => {
  const arrived = (final: Final): string => {
    const percent = successPercent(final);
    return percent === null ? "–" : `${percent} %`;
  };
  return (
    <Stats
      of={[
        { name: "Arrived in 24 hours", value: arrived(health) },
        { name: "Arrived in 7 days", value: arrived(health.week) },
        { name: "Given up in 24 hours", value: count(health.dead) },
        { name: "On their way", value: count(health.waiting) },
        { name: "Parked", value: count(health.parked) },
      ]}
    />
  );
};

const HOUR = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });

/** What became final in each of the last hours; the last one is the one that runs. */
const Outcomes: FC<{ hours: readonly HourOfOutcomes[] }> = ({ hours }) => {
  const [arrived, dead] = [hours.reduce((sum, hour) => sum + hour.succeeded, 0), hours.reduce((sum, hour) => sum + hour.dead, 0)];
  const pointsOf = (name: "succeeded" | "dead") =>
    hours.map((hour, index) => ({
      label: (hours.length - 1 - index) % 6 === 0 ? HOUR.format(hour.start) : "",
      name: `${HOUR.format(hour.start)} UTC`,
      value: hour[name],
    }));
  return (
    <>
      <p class="soft small">Arrived, by the hour</p>
      <Chart
        sentence={`${count(arrived)} deliveries arrived in the last ${hours.length} hours.`}
        unit="arrived"
        points={pointsOf("succeeded")}
      />
      {dead > 0 ? (
        <>
          <p class="soft small">Given up, by the hour</p>
          <Chart
            sentence={`${count(dead)} deliveries were given up in the last ${hours.length} hours.`}
            unit="given up"
            points={pointsOf("dead")}
          />
        </>
      ) : null}
    </>
  );
};

const ReplayTable: FC<{ rows: readonly ReplayJob[] }> = ({ rows }) => (
  <Table<ReplayJob>
    name="Replays"
    rows={rows}
    columns={[
      {
        name: "Replay",
        cell: (job) => (
          <a href={`${REPLAYS}/${job.id}`}>
            <Time at={job.createdAt} />
          </a>
        ),
      },
      { name: "State", cell: ({ status }) => inWords(status) },
      { name: "On their way", numeric: true, cell: ({ enqueued, total }) => `${count(enqueued)} of ${count(total)}` },
      { name: "Arrived", numeric: true, cell: ({ succeeded }) => count(succeeded) },
      { name: "Given up", numeric: true, cell: ({ failed }) => count(failed) },
    ]}
  />
);

/** An endpoint's fields as its form shows them. */
const writtenOf = (webhook: Webhook): Form => ({
  url: webhook.url,
  description: webhook.description ?? "",
  max_per_second: webhook.maxPerSecond === null ? "" : String(webhook.maxPerSecond),
  ...Object.fromEntries(webhook.eventTypes.map((type) => [`event_types.${type}`, "yes"])),
});

/** Asks what an endpoint is to become. */
export const editWebhookPage = (c: PageContext): Promise<Response> => editForm(c, null, {});

/**
 * The form of an endpoint. What was typed stands beside what somebody else saved meanwhile.
 *
 * @param typed - null for what is saved, or was kept while the session had ended
 */
async function editForm(c: PageContext, typed: Form | null, errors: FieldErrors, overtaken = false): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const webhook = await getWebhook(ctx, idIn(c, "webhook"));
  const now = writtenOf(webhook);
  const given = typed ?? (await keptForm(c, ctx)) ?? now;
  const path = `${WEBHOOKS}/${webhook.id}`;
  return c.render(
    <>
      <p class="up small">
        <a href={path}>{webhook.description ?? host(webhook)}</a>
      </p>
      <Heading title={`Change ${webhook.description ?? host(webhook)}`} />
      {overtaken ? <Overtaken of={differencesOf(now, given)} /> : null}
      <ErrorSummary errors={errors} />
      <form method="post" action={`${path}/edit`} class="stack wide prose">
        <Unseen ctx={ctx} version={webhook.version} />
        <WebhookFields given={given} errors={errors} events={eventsFor(ctx)} keeps={webhook.headerNames} />
        {webhook.headerNames.length > 0 ? <Checkbox name="drop_headers" value="yes" label="Send no headers of your own any more" /> : null}
        <div class="row">
          <Button kind="main">Save</Button>
          <ButtonLink href={path}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Change an endpoint" },
  );
}

/** The fields that somebody else saved otherwise than they were typed. Of headers nothing is shown. */
function differencesOf(now: Form, typed: Form): Difference[] {
  const words = (form: Form): Record<string, string> => ({
    [LABELS.url]: form["url"] ?? "",
    [LABELS.event_types]: eventTypesIn(form).join(" "),
    [LABELS.description]: form["description"] ?? "",
    [LABELS.max_per_second]: form["max_per_second"] ?? "",
  });
  const yours = words(typed);
  return Object.entries(words(now)).flatMap(([name, value]) =>
    value === yours[name] ? [] : [{ name, now: value, yours: yours[name] ?? "" }],
  );
}

export async function webhookEdited(c: PageContext): Promise<Response> {
  const id = idIn(c, "webhook");
  const given = await formOf(c);
  try {
    const wanted = asked(given);
    const written = Object.keys(wanted.headers ?? {}).length > 0;
    await updateWebhook(await contextWithinAccount(c), id, {
      url: wanted.url,
      description: wanted.description ?? null,
      eventTypes: wanted.event_types,
      maxPerSecond: wanted.max_per_second ?? null,
      headers: given["drop_headers"] === "yes" ? null : written ? wanted.headers : undefined,
    });
    return c.redirect(`${WEBHOOKS}/${id}?done=saved`, 303);
  } catch (error) {
    const overtaken = isOvertaken(error);
    const errors = overtaken ? {} : addressErrors(error, LABELS);
    c.status(overtaken ? 409 : 422);
    return editForm(c, given, errors, overtaken);
  }
}

/** Sends a test and shows what was answered. */
export async function webhookTested(c: PageContext): Promise<Response> {
  const sent = await orSay(c, testWebhook(await contextWithinAccount(c), idIn(c, "webhook")));
  return "done" in sent ? c.redirect(`${DELIVERIES}/${sent.done.deliveryId}?done=tested`, 303) : onePage(c, sent.said);
}

async function shownIn(c: PageContext): Promise<[Context, WebhookWithHealth]> {
  const ctx = await contextWithinAccount(c);
  return [ctx, await getWebhook(ctx, idIn(c, "webhook"))];
}

export const rotateWebhookPage = (c: PageContext): Promise<Response> => rotatePage(c, undefined);

async function rotatePage(c: PageContext, status: string | undefined): Promise<Response> {
  const [ctx, webhook] = await shownIn(c);
  const path = `${WEBHOOKS}/${webhook.id}`;
  const older = webhook.signingKeys.length > 1;
  return c.render(
    <Confirm
      title={`Give ${webhook.description ?? host(webhook)} a new secret?`}
      action="Make a new secret"
      to={`${path}/rotate`}
      back={path}
      fields={
        <>
          <Unseen ctx={ctx} />
          <GraceChoice />
          {older ? <Checkbox name="force" value="yes" label="Rotate although the secret before still signs" /> : null}
        </>
      }
    >
      <p>Until the old secret ends, every delivery carries a signature of each: exchange it at your side in that time.</p>
    </Confirm>,
    { title: "New secret", status },
  );
}

/** Makes the new secret, and shows it this once. */
export async function webhookRotated(c: PageContext): Promise<Response> {
  const id = idIn(c, "webhook");
  const form = await formOf(c);
  const asked = { overlapSeconds: graceOf(form), force: form["force"] === "yes" };
  const rotated = await orSay(
    c,
    once(c, (ctx) => rotateWebhookSecret(ctx, id, asked), told),
  );
  return "done" in rotated ? secretPage(c, rotated.done, "The endpoint has a new secret") : rotatePage(c, rotated.said);
}

export async function disableWebhookPage(c: PageContext): Promise<Response> {
  const [ctx, webhook] = await shownIn(c);
  const path = `${WEBHOOKS}/${webhook.id}`;
  return c.render(
    <Confirm
      title={`Disable ${webhook.description ?? host(webhook)}?`}
      action="Disable the endpoint"
      to={`${path}/disable`}
      back={path}
      fields={<Unseen ctx={ctx} />}
    >
      <p>Nothing is sent to it until you enable it again. What it misses is kept, and offered to be replayed.</p>
    </Confirm>,
    { title: "Disable an endpoint" },
  );
}

export async function webhookDisabled(c: PageContext): Promise<Response> {
  const id = idIn(c, "webhook");
  await updateWebhook(await contextWithinAccount(c), id, { status: "disabled" });
  return c.redirect(`${WEBHOOKS}/${id}?done=disabled`, 303);
}

/** Enables an endpoint, and offers what it missed. */
export async function webhookEnabled(c: PageContext): Promise<Response> {
  const id = idIn(c, "webhook");
  const enabled = await orSay(c, updateWebhook(await contextWithinAccount(c), id, { status: "active" }));
  if ("said" in enabled) return onePage(c, enabled.said);
  const query = new URLSearchParams({ done: "enabled", ...missedBy(enabled.done) });
  return c.redirect(`${WEBHOOKS}/${id}?${query.toString()}`, 303);
}

/** What an endpoint missed, for the page that offers it. */
const missedBy = ({ offer }: Pick<ChangedWebhook, "offer">): Record<string, string> =>
  offer ? { missed: String(offer.deliveries), since: offer.since.toISOString() } : {};

export async function adoptWebhookPage(c: PageContext): Promise<Response> {
  const [ctx, webhook] = await shownIn(c);
  const path = `${WEBHOOKS}/${webhook.id}`;
  return c.render(
    <Confirm
      title={`Adopt ${webhook.description ?? host(webhook)}?`}
      action="Adopt the endpoint"
      to={`${path}/adopt`}
      back={path}
      fields={<Unseen ctx={ctx} />}
    >
      <p>
        It goes on to <code>{webhook.url}</code>, with what you may read instead of what whoever left might. The amounts of their payouts go
        to nobody else.
      </p>
      <p>It gets a new secret, which is shown once. The old one signs no more: whoever left may still have it.</p>
    </Confirm>,
    { title: "Adopt an endpoint" },
  );
}

/** Takes the endpoint over, and shows its new secret this once. */
export async function webhookAdopted(c: PageContext): Promise<Response> {
  const id = idIn(c, "webhook");
  const adopted = await orSay(
    c,
    once(
      c,
      (ctx) => adoptWebhook(ctx, id),
      (made) => ({ ...told(made), missed: new URLSearchParams(missedBy(made)).toString() }),
    ),
  );
  return "done" in adopted ? secretPage(c, adopted.done, "The endpoint is yours now") : onePage(c, adopted.said);
}

export async function deleteWebhookPage(c: PageContext): Promise<Response> {
  const [ctx, webhook] = await shownIn(c);
  const path = `${WEBHOOKS}/${webhook.id}`;
  return c.render(
    <Confirm
      title={`Delete ${webhook.description ?? host(webhook)}?`}
      action="Delete the endpoint"
      to={`${path}/delete`}
      back={path}
      fields={<Unseen ctx={ctx} />}
    >
      <p>Its secrets go with it, and what is being replayed to it ends. Its deliveries can be read for 90 days.</p>
    </Confirm>,
    { title: "Delete an endpoint" },
  );
}

export async function webhookDeleted(c: PageContext): Promise<Response> {
  await deleteWebhook(await contextWithinAccount(c), idIn(c, "webhook"));
  return c.redirect(`${WEBHOOKS}?done=deleted`, 303);
}
