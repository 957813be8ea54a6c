import type { FC } from "hono/jsx";
import { SUBSCRIBABLE_EVENTS } from "#domain/events/published.ts";
import { returnPath } from "#domain/identity/session.ts";
import { isUuid } from "#domain/ids.ts";
import { DELIVERY_STATUSES } from "#domain/webhooks/words.ts";
import { type Attempt, type Delivery, getDelivery, listDeliveries } from "#services/webhook-deliveries/delivery.ts";
import { replayDelivery } from "#services/webhook-deliveries/replay-delivery.ts";
import { listWebhooks } from "#services/webhooks/webhook.ts";
import { Button, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Badge, Card, Empty, Facts, NothingFits, Time } from "#ui/parts.tsx";
import { contextWithinAccount, formOf, idIn, type PageContext } from "../../context.ts";
import { count, csvAnswer, DeveloperTabs, foundIn, ListEnd, pagingOf, type Said } from "../../partner-pages.tsx";
import { DELIVERIES, DeliveryTable, Doing, LastAnswer, orSay, State, WEBHOOKS } from "../../webhook-pages.tsx";
import { inWords } from "../../words.ts";

/** Of a log more rows fit than of a list (SURFACES §2.9). */
const LOG_ROWS = 40;
const MOST_ENDPOINTS = 100;
const SPANS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;

/** The account's deliveries, newest first, by endpoint, state, event and time. */
export async function deliveriesPage(c: PageContext): Promise<Response> {
  const chosen = (name: string) => c.req.query(name)?.trim() || undefined;
  const given = { webhook_id: chosen("webhook_id"), status: chosen("status"), event_type: chosen("event_type"), span: chosen("span") };
  const status = DELIVERY_STATUSES.find((known) => known === given.status);
  const span = Object.entries(SPANS).find(([name]) => name === given.span)?.[1];
  const paging = await pagingOf(c, DELIVERIES, given);
  const ctx = await contextWithinAccount(c);
  const [{ rows, next }, endpoints] = await Promise.all([
    listDeliveries(ctx, {
      ...paging.query,
      ...(paging.wantsCsv ? {} : { limit: LOG_ROWS }),
      filters: {
        ...(given.webhook_id && isUuid(given.webhook_id) ? { webhook_id: given.webhook_id } : {}),
        ...(status ? { status } : {}),
        ...(given.event_type ? { event_type: given.event_type } : {}),
        ...(span ? { since: new Date(Date.now() - span) } : {}),
      },
    }),
    listWebhooks(ctx, { limit: MOST_ENDPOINTS, after: null, filters: {} }),
  ]);
  if (paging.wantsCsv) return csvAnswer("webhook-deliveries", CSV, rows);
  const { pathname, search } = new URL(c.req.url);
  const narrowed = Object.values(given).some((value) => value !== undefined);
  return c.render(
    <>
      <Heading title="Deliveries">Every event that was sent to your endpoints, or should have been, for 90 days.</Heading>
      <DeveloperTabs at={DELIVERIES} />
      <form method="get" action={DELIVERIES} class="filter" data-swap="deliveries">
        <Select
          name="webhook_id"
          label="Endpoint"
          value={given.webhook_id}
          options={[
            { value: "", label: "Any" },
            ...endpoints.rows.map(({ id, url, description }) => ({ value: id, label: description ?? new URL(url).host })),
          ]}
        />
        <Select
          name="status"
          label="State"
          value={given.status}
          options={[{ value: "", label: "Any" }, ...DELIVERY_STATUSES.map((value) => ({ value, label: inWords(value) }))]}
        />
        <Select
          name="event_type"
          label="Event"
          value={given.event_type}
          options={[{ value: "", label: "Any" }, ...[...SUBSCRIBABLE_EVENTS, "webhook.test"].map((value) => ({ value, label: value }))]}
        />
        <Select
          name="span"
          label="Time"
          value={given.span}
          options={[
            { value: "", label: "Any" },
            { value: "hour", label: "The last hour" },
            { value: "day", label: "The last day" },
            { value: "week", label: "The last week" },
          ]}
        />
        <Button>Show</Button>
      </form>
      <div id="deliveries" class="stack wide">
        {rows.length > 0 ? (
          <>
            <DeliveryTable
              rows={rows}
              now={ctx.now()}
              actions={(row) =>
                row.status === "in_flight" ? null : (
                  <Doing
                    ctx={ctx}
                    to={`${DELIVERIES}/${row.id}/replay`}
                    kind="quiet"
                    swap="deliveries"
                    hidden={{ back: `${pathname}${search}` }}
                    label={`Replay ${row.eventType} of ${row.createdAt.toISOString().slice(0, 16)}`}
                  >
                    Replay
                  </Doing>
                )
              }
            />
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : narrowed ? (
          <NothingFits all={DELIVERIES} />
        ) : (
          <Empty title="No deliveries yet">What is sent to an endpoint of yours stands here at once.</Empty>
        )}
      </div>
    </>,
    { title: "Deliveries", status: SAID[c.req.query("done") ?? ""] ?? foundIn(narrowed, rows, next) },
  );
}

const SAID: Readonly<Record<string, string>> = {
  tested: "The test was sent.",
  replayed: "It is on its way.",
  refused: "It could not be replayed: its endpoint is not active, or it is being sent right now.",
};

/** The deliveries as a file. */
const CSV: readonly Said<Delivery>[] = [
  ["id", ({ id }) => id, "id"],
  ["event_id", ({ eventId }) => `evt_${eventId}`],
  ["event_type", ({ eventType }) => eventType],
  ["webhook_id", ({ webhookId }) => webhookId, "id"],
  ["status", ({ status }) => status],
  ["attempts", ({ attempts }) => attempts, "number"],
  ["last_status", ({ lastStatus }) => lastStatus, "number"],
  ["last_error_class", ({ lastErrorClass }) => lastErrorClass],
  ["replay_of", ({ replayOf }) => replayOf, "id"],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
  ["completed_at", ({ completedAt }) => completedAt?.toISOString() ?? null, "date"],
];

/** One delivery: what was sent, and every attempt with its answer. */
export const deliveryPage = (c: PageContext): Promise<Response> => onePage(c, SAID[c.req.query("done") ?? ""]);

async function onePage(c: PageContext, status: string | undefined): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const delivery = await getDelivery(ctx, idIn(c, "delivery"));
  return c.render(
    <>
      <p class="up small">
        <a href={DELIVERIES}>Deliveries</a>
      </p>
      <Heading title={delivery.eventType} actions={<State of={delivery.status} />}>
        <code>{`evt_${delivery.eventId}`}</code>
      </Heading>
      <Facts
        of={[
          { name: "Endpoint", value: <a href={`${WEBHOOKS}/${delivery.webhookId}`}>Its page</a> },
          { name: "Happened", value: <Time at={delivery.eventAt} /> },
          { name: "Last answer", value: <LastAnswer of={delivery} /> },
          ...(delivery.nextAttemptAt ? [{ name: "Next attempt", value: <Time at={delivery.nextAttemptAt} /> }] : []),
          ...(delivery.replayOf ? [{ name: "Repeats", value: <a href={`${DELIVERIES}/${delivery.replayOf}`}>This delivery</a> }] : []),
          { name: "Id", value: <code>{delivery.id}</code> },
        ]}
      />
      <Card title="Sent">
        {delivery.payload === null ? (
          <p class="soft">What this event tells is for whoever may read it.</p>
        ) : (
          <pre tabindex={0} aria-label="The payload">
            <code>{JSON.stringify(JSON.parse(delivery.payload), null, 2)}</code>
          </pre>
        )}
      </Card>
      <Card title="Attempts">
        {delivery.attemptList.length === 0 ? <p class="soft">None yet, or longer than 30 days ago.</p> : null}
        {delivery.attemptList.map((attempt) => (
          <AttemptCard of={attempt} />
        ))}
      </Card>
      <div class="row">
        <Doing ctx={ctx} to={`${DELIVERIES}/${delivery.id}/replay`} kind="main">
          Replay
        </Doing>
      </div>
    </>,
    { title: "Delivery", status },
  );
}

const AttemptCard: FC<{ of: Attempt }> = ({ of: attempt }) => (
  <section class="stack">
    <h3>
      {`Attempt ${attempt.ordinal} `}
      <Badge tone={attempt.errorClass === null ? "good" : "bad"}>{attempt.httpStatus ?? inWords(attempt.errorClass ?? "")}</Badge>
    </h3>
    <Facts
      of={[
        { name: "Sent", value: <Time at={attempt.startedAt} /> },
        { name: "Why", value: inWords(attempt.trigger) },
        { name: "Took", value: `${count(attempt.durationMs)} ms` },
        ...(attempt.firstByteMs === null ? [] : [{ name: "First byte", value: `${count(attempt.firstByteMs)} ms` }]),
        ...(attempt.errorClass === null ? [] : [{ name: "Failed by", value: <code>{attempt.errorClass}</code> }]),
        { name: "Request", value: <code>{`webhook-timestamp: ${Math.floor(attempt.startedAt.getTime() / 1_000)}`}</code> },
        { name: "Signed with", value: attempt.signatureKeyIds.length === 1 ? "One secret" : `${attempt.signatureKeyIds.length} secrets` },
      ]}
    />
    {attempt.httpStatus === null ? null : (
      <details>
        <summary>The answer</summary>
        <pre tabindex={0} aria-label={`The answer to attempt ${attempt.ordinal}`}>
          <code>
            {Object.entries(attempt.responseHeaders ?? {})
              .map(([name, value]) => `${name}: ${value}`)
              .join("\n")}
            {`\n\n${attempt.responseBody ?? ""}`}
          </code>
        </pre>
      </details>
    )}
  </section>
);

/** Sends one delivery again: the log it was asked from goes on where it was, its own page leads to the one that is on its way. */
export async function deliveryReplayed(c: PageContext): Promise<Response> {
  const { back } = await formOf(c);
  const sent = await orSay(c, replayDelivery(await contextWithinAccount(c), idIn(c, "delivery")));
  if (back === undefined) return "done" in sent ? c.redirect(`${DELIVERIES}/${sent.done.id}?done=replayed`, 303) : onePage(c, sent.said);
  const list = new URL(returnPath(back), c.req.url);
  list.pathname = DELIVERIES;
  list.searchParams.set("done", "done" in sent ? "replayed" : "refused");
  return c.redirect(`${list.pathname}${list.search}`, 303);
}
