import type { FC } from "hono/jsx";
import type { AuditEvent } from "#domain/audit/entries.ts";
import { isUuid } from "#domain/ids.ts";
import { listAuditEvents, type Verification, verifyAuditEvents } from "#services/audit/audit-events.ts";
import { Button, Checkbox, Field } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Empty, Facts, NothingFits, Notice, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { Day } from "../../../api/v2/shapes.ts";
import { contextOfAdmin, type PageContext } from "../../context.ts";
import { AdminTabs, count, csvAnswer, ListEnd, pagingOf, type Said } from "../../partner-pages.tsx";

const HERE = "/console/admin/audit";
const DAY_MS = 86_400_000;

/** Who did what, when, for what reason; and whether an account's chain still holds. */
export async function auditPage(c: PageContext): Promise<Response> {
  const asked = new URL(c.req.url).searchParams;
  const text = (name: string) => asked.get(name)?.trim().slice(0, 100) || undefined;
  const id = (name: string) => (isUuid(text(name) ?? "") ? text(name) : undefined);
  const day = (name: string) => Day.safeParse(text(name)).data;
  const given = {
    account_id: id("account_id"),
    actor: id("actor"),
    target: id("target"),
    action: text("action"),
    since: day("since"),
    until: day("until"),
  };
  const filters = Object.fromEntries(
    Object.entries({
      ...given,
      since: given.since && new Date(given.since),
      until: given.until && new Date(Date.parse(given.until) + DAY_MS),
    }).filter(([, value]) => value !== undefined),
  );
  const paging = await pagingOf(c, HERE, given);
  const ctx = await contextOfAdmin(c);
  const verifies = asked.get("verify") === "yes";
  const [{ rows, next }, verification] = await Promise.all([
    listAuditEvents(ctx, { ...paging.query, filters }),
    verifies ? verifyAuditEvents(ctx, given.account_id ? { account_id: given.account_id } : {}) : null,
  ]);
  if (paging.wantsCsv) return csvAnswer("audit-events", CSV, rows);
  const narrowed = Object.keys(filters).length > 0;
  return c.render(
    <>
      <Heading title="Audit">Who did what, and when. To look is noted, too.</Heading>
      <AdminTabs at={HERE} />
      <form method="get" action={HERE} class="stack">
        <div class="filter">
          <Field name="action" label="Action" value={given.action} />
          <Field name="since" label="From" type="date" value={given.since} />
          <Field name="until" label="To" type="date" value={given.until} />
        </div>
        <div class="filter">
          <Field name="account_id" label="Account's id" value={given.account_id} />
          <Field name="actor" label="Actor's id" value={given.actor} />
          <Field name="target" label="Target's id" value={given.target} />
        </div>
        <div class="row">
          <Checkbox name="verify" value="yes" label="Verify the chain" checked={verifies} />
          <Button>Search</Button>
        </div>
      </form>
      {verification ? <Chain of={verification} named={given.account_id !== undefined} /> : null}
      {rows.length > 0 ? (
        <>
          <Table<AuditEvent>
            name="Audit events"
            rows={rows}
            columns={[
              {
                name: "Action",
                cell: (event) => (
                  <>
                    <code>{event.action}</code>
                    {event.reason ? <small>{event.reason}</small> : null}
                  </>
                ),
              },
              { name: "Target", cell: ({ subjectType }) => subjectType },
              {
                name: "By",
                cell: ({ actor }) => (actor.credential_id ? `a ${actor.kind}` : actor.kind === "system" ? "the platform" : "a person"),
              },
              {
                name: "When",
                cell: (event) => (
                  <>
                    <Time at={event.at} />
                    <Details of={event} />
                  </>
                ),
              },
            ]}
          />
          <ListEnd {...await paging.ways(next)} csv={paging.csv} />
        </>
      ) : narrowed ? (
        <NothingFits all={HERE} />
      ) : (
        <Empty title="Nothing has happened yet" />
      )}
    </>,
    { title: "Audit" },
  );
}

/** The events as a file. */
const CSV: readonly Said<AuditEvent>[] = [
  ["at", ({ at }) => at.toISOString(), "date"],
  ["action", ({ action }) => action],
  ["subject_type", ({ subjectType }) => subjectType],
  ["subject_id", ({ subjectId }) => subjectId, "id"],
  ["actor_kind", ({ actor }) => actor.kind],
  ["actor_user_id", ({ actor }) => actor.user_id, "id"],
  ["account_id", ({ accountId }) => accountId, "id"],
  ["seq", ({ seq }) => seq, "number"],
  ["reason", ({ reason }) => reason],
  ["request_id", ({ requestId }) => requestId, "id"],
];

const Chain: FC<{ of: Verification; named: boolean }> = ({
  of: { verified, events, from_seq: from, to_seq: to, broken_at: brokenAt },
  named,
}) => {
  const whose = named ? "The account's chain" : "Your own account's chain";
  if (verified && events === 0) return <Notice>{`${whose} is empty: nothing was written to it yet.`}</Notice>;
  return verified ? (
    <Notice tone="good">{`${whose} holds: what was written from ${count(from)} to ${count(to)} is unchanged, ${count(events)} in all.`}</Notice>
  ) : (
    <Notice tone="bad">{`${whose} is broken at event ${count(brokenAt ?? 0)}: it was changed, or it is missing.`}</Notice>
  );
};

/** Everything that is kept of an event. */
const Details: FC<{ of: AuditEvent }> = ({ of: event }) => (
  <details class="small">
    <summary>Details</summary>
    <Facts
      of={[
        { name: "Target", value: <code>{event.subjectId}</code> },
        { name: "Person", value: <code>{event.actor.user_id ?? "nobody"}</code> },
        ...(event.actor.credential_id ? [{ name: "Credential", value: <code>{event.actor.credential_id}</code> }] : []),
        ...(event.accountId ? [{ name: "Account", value: <code>{event.accountId}</code> }] : []),
        ...(event.seq === null ? [] : [{ name: "Place in chain", value: count(event.seq) }]),
        { name: "Request", value: <code>{event.requestId}</code> },
        { name: "Changes", value: <code>{JSON.stringify(event.changes)}</code> },
      ]}
    />
  </details>
);
