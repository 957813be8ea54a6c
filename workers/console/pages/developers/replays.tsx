import { SUBSCRIBABLE_EVENTS } from "#domain/events/published.ts";
import { notFound } from "#domain/refusals.ts";
import { REPLAYABLE_STATUSES, replayStep } from "#domain/webhooks/replay.ts";
import { createReplayJob } from "#services/replay-jobs/create-replay-job.ts";
import { changeReplayJob, getReplayJob, type ReplayJob } from "#services/replay-jobs/replay-job.ts";
import { MISSED } from "#services/replay-jobs/replayable.ts";
import { getWebhook } from "#services/webhooks/webhook.ts";
import { Button, ButtonLink, Choices, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Badge, Facts, Notice, Stats, Time, type Tone } from "#ui/parts.tsx";
import { contextWithinAccount, type Form, formOf, idIn, type PageContext } from "../../context.ts";
import { once } from "../../once.ts";
import { count, errorsOf, Unseen } from "../../partner-pages.tsx";
import { DELIVERIES, Doing, orSay, REPLAYS, WEBHOOKS } from "../../webhook-pages.tsx";
import { inWords } from "../../words.ts";

const LABELS = { statuses: "State", filter: "Until", since: "Since", until: "Until", event_types: "Events" };
const ACTIONS = ["pause", "resume", "cancel"] as const;
const REFRESH_SECONDS = 2;

const STATUS_WORDS = { succeeded: "Arrived", dead: "Given up", skipped: "Skipped while disabled", parked: "Parked" } as const;

/** Asks what is to be sent again, and says how much that is before it is. */
export async function newReplayPage(c: PageContext): Promise<Response> {
  const statuses = Object.fromEntries(MISSED.map((status) => [`statuses.${status}`, "yes"]));
  return formPage(c, { since: (c.req.query("since") ?? "").slice(0, 16), ...statuses }, {}, null);
}

async function formPage(c: PageContext, given: Form, errors: FieldErrors, total: number | null): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const webhook = await getWebhook(ctx, idIn(c, "webhook"));
  const path = `${WEBHOOKS}/${webhook.id}`;
  return c.render(
    <>
      <p class="up small">
        <a href={path}>{webhook.description ?? new URL(webhook.url).host}</a>
      </p>
      <Heading title="Replay">
        The same events are sent again with the same ids, at most 50 a second: a receiver that remembers them handles none twice.
      </Heading>
      <ErrorSummary errors={errors} />
      {total === null ? null : (
        <Notice tone={total > 0 ? "accent" : "neutral"}>
          {total === 1 ? "One delivery fits." : `${count(total)} deliveries fit.`} {total > 0 ? "Nothing was sent yet." : ""}
        </Notice>
      )}
      <form method="post" action={`${path}/replay`} class="stack wide prose">
        <Unseen ctx={ctx} />
        <Choices
          name="statuses"
          label="What became of them"
          chosen={REPLAYABLE_STATUSES.filter((status) => given[`statuses.${status}`] === "yes")}
          options={REPLAYABLE_STATUSES.map((value) => ({ value, label: STATUS_WORDS[value] }))}
        />
        <Choices
          name="event_types"
          label="Events"
          hint="None chosen: all of them."
          chosen={webhook.eventTypes.filter((type) => given[`event_types.${type}`] === "yes")}
          options={webhook.eventTypes.map((value) => ({ value, label: value }))}
        />
        <Field
          name="since"
          label="Since"
          hint="In UTC, such as 2026-11-21 or 2026-11-21T10:30. Without it, all of 90 days."
          value={given["since"]}
          error={errors["since"]}
        />
        <Field name="until" label="Until" hint="Without it, up to now." value={given["until"]} error={errors["until"]} />
        <div class="row">
          <Button name="step" value="count">
            Count them
          </Button>
          <Button kind="main" name="step" value="begin">
            Replay them
          </Button>
          <ButtonLink href={path}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Replay", status: total === null ? undefined : `${count(total)} deliveries fit.` },
  );
}

/** An instant as a form writes it; undefined for none, null for what is none. */
function instantIn(written: string | undefined): Date | null | undefined {
  if (!written) return undefined;
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?$/.test(written)) return null;
  const at = new Date(written.length === 10 ? `${written}T00:00:00Z` : written.endsWith("Z") ? written : `${written}Z`);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** Counts what fits, or begins: one replay, however often the form is sent. */
export async function replayAsked(c: PageContext): Promise<Response> {
  const id = idIn(c, "webhook");
  const given = await formOf(c);
  const [since, until] = [instantIn(given["since"]), instantIn(given["until"])];
  const wrong: FieldErrors = {
    ...(since === null ? { since: "Since is no time: write it like 2026-11-21T10:30." } : {}),
    ...(until === null ? { until: "Until is no time: write it like 2026-11-21T10:30." } : {}),
  };
  const refused = (errors: FieldErrors) => {
    c.status(422);
    return formPage(c, given, errors, null);
  };
  if (Object.keys(wrong).length > 0) return refused(wrong);
  const statuses = REPLAYABLE_STATUSES.filter((status) => given[`statuses.${status}`] === "yes");
  const types = SUBSCRIBABLE_EVENTS.filter((type) => given[`event_types.${type}`] === "yes");
  const replay = {
    webhookId: id,
    eventTypes: types.length > 0 ? types : null,
    statuses: statuses.length > 0 ? statuses : null,
    since: since ?? null,
    until: until ?? null,
  };
  try {
    if (given["step"] !== "begin") {
      const { total } = await createReplayJob(await contextWithinAccount(c), { ...replay, dryRun: true });
      return await formPage(c, given, {}, total);
    }
    const begun = await once(
      c,
      (ctx) => createReplayJob(ctx, { ...replay, dryRun: false }),
      ({ job }) => ({ id: job?.id ?? null }),
    );
    return c.redirect(`${REPLAYS}/${begun.id}`, 303);
  } catch (error) {
    const { filter, ...others } = errorsOf(error, LABELS);
    return refused(filter ? { ...others, until: filter } : others);
  }
}

const TONES: Readonly<Record<ReplayJob["status"], Tone>> = { running: "accent", paused: "warn", done: "good", cancelled: "neutral" };

/** How far a replay is; while it runs, the page keeps up by itself. */
export const replayPage = (c: PageContext): Promise<Response> => onePage(c, undefined);

async function onePage(c: PageContext, status: string | undefined): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const job = await getReplayJob(ctx, idIn(c, "replay"));
  const path = `${REPLAYS}/${job.id}`;
  const { since, until, statuses, event_types: types } = job.filter;
  return c.render(
    <>
      <p class="up small">
        <a href={`${WEBHOOKS}/${job.webhookId}`}>The endpoint</a>
      </p>
      <Heading title="Replay" actions={<Badge tone={TONES[job.status]}>{inWords(job.status)}</Badge>}>
        Begun <Time at={job.createdAt} />
      </Heading>
      <div id="progress" class="stack wide">
        <progress max={Math.max(job.total, 1)} value={job.enqueued} aria-label="Deliveries on their way" />
        <Stats
          of={[
            { name: "On their way", value: `${count(job.enqueued)} of ${count(job.total)}` },
            { name: "Arrived", value: count(job.succeeded) },
            { name: "Given up", value: count(job.failed) },
          ]}
        />
        {job.finishedAt ? (
          <p>
            Over since <Time at={job.finishedAt} />
          </p>
        ) : null}
      </div>
      <Facts
        of={[
          { name: "Since", value: since ? <Time at={new Date(since)} /> : "The beginning" },
          { name: "Until", value: until ? <Time at={new Date(until)} /> : "Its begin" },
          { name: "State", value: statuses ? statuses.map((status) => inWords(status)).join(", ") : "Any" },
          { name: "Events", value: types ? <code>{types.join(", ")}</code> : "All" },
        ]}
      />
      <div class="row">
        {job.status === "running" ? (
          <form method="get" action={path} data-swap="progress" data-every={REFRESH_SECONDS}>
            <Button kind="quiet">Refresh</Button>
          </form>
        ) : null}
        {ACTIONS.filter((action) => replayStep(job.status, action) !== null).map((action) => (
          <Doing ctx={ctx} to={`${path}/${action}`}>
            {inWords(action)}
          </Doing>
        ))}
        <a href={`${DELIVERIES}?webhook_id=${job.webhookId}`}>Deliveries of the endpoint</a>
      </div>
    </>,
    { title: "Replay", status },
  );
}

/** Pauses, resumes or cancels a replay. */
export async function replayChanged(c: PageContext): Promise<Response> {
  const id = idIn(c, "replay");
  const action = ACTIONS.find((known) => known === c.req.param("action"));
  if (!action) throw notFound("action");
  const changed = await orSay(c, changeReplayJob(await contextWithinAccount(c), id, action));
  return "done" in changed ? c.redirect(`${REPLAYS}/${id}`, 303) : onePage(c, changed.said);
}
