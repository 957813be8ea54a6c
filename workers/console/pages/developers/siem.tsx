import { SIEM_FORMATS, SIEM_KINDS } from "#db/schema/webhooks.ts";
import { ERROR_CLASSES } from "#domain/webhooks/words.ts";
import type { Context } from "#services/context.ts";
import { testSiemDestination } from "#services/siem/push-logs.ts";
import {
  createSiemDestination,
  deleteSiemDestination,
  getSiemDestination,
  listSiemDestinations,
  type SiemDestination,
  updateSiemDestination,
} from "#services/siem/siem-destination.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Confirm, Empty, Facts, Notice, Secret, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { parse } from "../../../api/shape.ts";
import { NewSiemDestination } from "../../../api/v1/siem-destinations.ts";
import { contextWithinAccount, type Form, formOf, idIn, type PageContext } from "../../context.ts";
import { keptForm } from "../../kept-form.ts";
import { once } from "../../once.ts";
import { csvAnswer, DeveloperTabs, ListEnd, pagingOf, type Said, Unseen } from "../../partner-pages.tsx";
import { addressErrors, Doing, SIEM, State } from "../../webhook-pages.tsx";

const KIND_WORDS = { https: "https, signed", splunk_hec: "Splunk HTTP Event Collector" } as const;
const FORMAT_WORDS = { ocsf: "OCSF 1.3", cef: "CEF", json: "Plain JSON" } as const;
const NEW = `${SIEM}/new`;
const LABELS = { url: "Address", kind: "Kind", format: "Format", token: "Token" };

/** Where the account's logs are pushed to. */
export async function siemPage(c: PageContext): Promise<Response> {
  const paging = await pagingOf(c, SIEM);
  const ctx = await contextWithinAccount(c);
  const { rows, next } = await listSiemDestinations(ctx, { ...paging.query, filters: {} });
  if (paging.wantsCsv) return csvAnswer("siem-destinations", CSV, rows);
  return c.render(
    <>
      <Heading
        title="Log push"
        actions={
          <ButtonLink href={`${SIEM}/new`} kind="main">
            Add a destination
          </ButtonLink>
        }
      >
        The account's request log and audit events, pushed to your SIEM as they come in. For the enterprise plan.
      </Heading>
      <DeveloperTabs at="/developers/logs" />
      {rows.length > 0 ? (
        <>
          <Table<SiemDestination>
            name="Destinations"
            rows={rows}
            columns={[
              { name: "Destination", cell: (row) => <a href={`${SIEM}/${row.id}`}>{new URL(row.url).host}</a> },
              { name: "Kind", cell: ({ kind }) => KIND_WORDS[kind] },
              { name: "Format", cell: ({ format }) => FORMAT_WORDS[format] },
              { name: "State", cell: ({ status }) => <State of={status} /> },
              { name: "Last push", cell: ({ lastSentAt }) => (lastSentAt ? <Ago at={lastSentAt} now={ctx.now()} /> : "Never") },
            ]}
          />
          <ListEnd {...await paging.ways(next)} csv={paging.csv} />
        </>
      ) : (
        <Empty title="Nothing is pushed">
          Add where it should go, or pull it: <code>GET /api/v1/request-logs?format=ocsf</code>.
        </Empty>
      )}
    </>,
    { title: "Log push", status: c.req.query("done") === "deleted" ? "Nothing is pushed there any more." : undefined },
  );
}

/** The destinations as a file. */
const CSV: readonly Said<SiemDestination>[] = [
  ["id", ({ id }) => id, "id"],
  ["url", ({ url }) => url],
  ["kind", ({ kind }) => kind],
  ["format", ({ format }) => format],
  ["status", ({ status }) => status],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
  ["last_sent_at", ({ lastSentAt }) => lastSentAt?.toISOString() ?? null, "date"],
];

export const newSiemPage = (c: PageContext): Promise<Response> => formPage(c, null, {});

/** @param typed - null for nothing, or what was kept while the session had ended */
async function formPage(c: PageContext, typed: Form | null, errors: FieldErrors): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  await ctx.read();
  const given = typed ?? (await keptForm(c, ctx)) ?? {};
  return c.render(
    <>
      <p class="up small">
        <a href={SIEM}>Log push</a>
      </p>
      <Heading title="Add a destination">What comes in from now on is pushed there, at least once and in its order.</Heading>
      <ErrorSummary errors={errors} />
      <form method="post" action={NEW} class="stack wide prose">
        <Unseen ctx={ctx} />
        <Field name="url" label={LABELS.url} type="url" value={given["url"]} error={errors["url"]} required />
        <Select
          name="kind"
          label={LABELS.kind}
          value={given["kind"]}
          error={errors["kind"]}
          options={SIEM_KINDS.map((value) => ({ value, label: KIND_WORDS[value] }))}
        />
        <Select
          name="format"
          label={LABELS.format}
          value={given["format"]}
          error={errors["format"]}
          options={SIEM_FORMATS.map((value) => ({ value, label: FORMAT_WORDS[value] }))}
        />
        <Field name="token" label={LABELS.token} hint="Of Splunk's collector alone." error={errors["token"]} />
        <div class="row">
          <Button kind="main">Add the destination</Button>
          <ButtonLink href={SIEM}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Add a destination" },
  );
}

/** Adds the destination; where we make its secret, it is shown this once. */
export async function siemAdded(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  try {
    const { url, kind, format, token } = given;
    const asked = parse(NewSiemDestination, { url, kind, format, token: token || null }, "body");
    const made = await once(
      c,
      (ctx) => createSiemDestination(ctx, { ...asked, token: asked.token ?? null }),
      (destination) => ({ id: destination.id, host: new URL(destination.url).host, secret: destination.secret }),
    );
    if (made.secret === null) return c.redirect(`${SIEM}/${made.id}`, 303);
    return await c.render(
      <>
        <Heading title="The destination is added">Pushes are signed as deliveries of webhooks are.</Heading>
        <Secret label={`The signing secret of ${made.host}.`} value={made.secret} />
        <div class="row">
          <ButtonLink href={`${SIEM}/${made.id}`} kind="main">
            I have kept it
          </ButtonLink>
        </div>
      </>,
      { title: "The destination is added" },
    );
  } catch (error) {
    const errors = addressErrors(error, LABELS);
    c.status(422);
    return formPage(c, given, errors);
  }
}

async function shownIn(c: PageContext): Promise<[Context, SiemDestination]> {
  const ctx = await contextWithinAccount(c);
  return [ctx, await getSiemDestination(ctx, idIn(c, "destination"))];
}

export async function siemDestinationPage(c: PageContext): Promise<Response> {
  const [ctx, destination] = await shownIn(c);
  const path = `${SIEM}/${destination.id}`;
  return c.render(
    <>
      <p class="up small">
        <a href={SIEM}>Log push</a>
      </p>
      <Heading title={new URL(destination.url).host} actions={<State of={destination.status} />}>
        <code>{destination.url}</code>
      </Heading>
      {destination.lastErrorClass ? (
        <Notice tone="bad">{`The last push failed: ${destination.lastErrorClass}. It is tried again every minute.`}</Notice>
      ) : null}
      <Facts
        of={[
          { name: "Kind", value: KIND_WORDS[destination.kind] },
          { name: "Format", value: FORMAT_WORDS[destination.format] },
          { name: "Last push", value: destination.lastSentAt ? <Time at={destination.lastSentAt} /> : "Never" },
          { name: "Id", value: <code>{destination.id}</code> },
        ]}
      />
      <div class="row">
        <Doing ctx={ctx} to={`${path}/test`} kind="main">
          Send a test
        </Doing>
        <Doing ctx={ctx} to={`${path}/switch`} hidden={{ status: destination.status === "active" ? "disabled" : "active" }}>
          {destination.status === "active" ? "Disable" : "Enable"}
        </Doing>
        <ButtonLink href={`${path}/delete`}>Delete</ButtonLink>
      </div>
    </>,
    { title: "Log push", status: answered(c.req.query("answered")) },
  );
}

/** What a test was answered, by the status or the class of its failure. */
function answered(outcome: string | undefined): string | undefined {
  if (outcome !== undefined && /^2\d\d$/.test(outcome)) return `It answered ${outcome}.`;
  const isKnown = outcome !== undefined && (/^[1-5]\d\d$/.test(outcome) || ERROR_CLASSES.some((known) => known === outcome));
  return isKnown ? `It did not take it: ${outcome}.` : undefined;
}

export async function siemTested(c: PageContext): Promise<Response> {
  const id = idIn(c, "destination");
  const { errorClass, httpStatus } = await testSiemDestination(await contextWithinAccount(c), id);
  return c.redirect(`${SIEM}/${id}?answered=${httpStatus ?? errorClass}`, 303);
}

export async function siemSwitched(c: PageContext): Promise<Response> {
  const id = idIn(c, "destination");
  const wanted = (await formOf(c))["status"] === "active" ? "active" : "disabled";
  await updateSiemDestination(await contextWithinAccount(c), id, { status: wanted });
  return c.redirect(`${SIEM}/${id}`, 303);
}

export async function deleteSiemPage(c: PageContext): Promise<Response> {
  const [ctx, destination] = await shownIn(c);
  const path = `${SIEM}/${destination.id}`;
  return c.render(
    <Confirm
      title={`Push nothing to ${new URL(destination.url).host} any more?`}
      action="Delete the destination"
      to={`${path}/delete`}
      back={path}
      fields={<Unseen ctx={ctx} />}
    >
      <p>What it has not had by now can still be pulled.</p>
    </Confirm>,
    { title: "Delete a destination" },
  );
}

export async function siemDeleted(c: PageContext): Promise<Response> {
  await deleteSiemDestination(await contextWithinAccount(c), idIn(c, "destination"));
  return c.redirect(`${SIEM}?done=deleted`, 303);
}
