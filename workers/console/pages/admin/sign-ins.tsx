import type { FC } from "hono/jsx";
import { AUTH_EVENT_KINDS } from "#db/schema/audit.ts";
import { isUuid } from "#domain/ids.ts";
import { type ShownSignIn, signInsAfter } from "#services/auth-events/auth-event.ts";
import { Button, Field, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Badge, Empty, Facts, NothingFits, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { Day } from "../../../api/v2/shapes.ts";
import { contextOfAdmin, type PageContext } from "../../context.ts";
import { AdminTabs, csvAnswer, foundIn, ListEnd, pagingOf, type Said } from "../../partner-pages.tsx";
import { inWords } from "../../words.ts";

const HERE = "/console/admin/sign-ins";
const DAY_MS = 86_400_000;

/** Who got in and out, and who did not. */
export async function signInsPage(c: PageContext): Promise<Response> {
  const text = (name: string) => c.req.query(name)?.trim().slice(0, 254) || undefined;
  const day = (name: string) => Day.safeParse(text(name)).data;
  const given = {
    who: text("who"),
    kind: AUTH_EVENT_KINDS.find((kind) => kind === text("kind")),
    since: day("since"),
    until: day("until"),
  };
  const whose = given.who === undefined ? {} : isUuid(given.who) ? { user_id: given.who } : { address: given.who };
  const until = given.until && new Date(Date.parse(given.until) + DAY_MS).toISOString();
  const filters = Object.fromEntries(
    Object.entries({ ...whose, kind: given.kind, since: given.since, until }).filter(([, value]) => value !== undefined),
  );
  const paging = await pagingOf(c, HERE, filters);
  const { rows, next } = await signInsAfter(await contextOfAdmin(c), { ...paging.query, filters });
  if (paging.wantsCsv) return csvAnswer("sign-ins", CSV, rows);
  const isNarrowed = Object.keys(filters).length > 0;
  return c.render(
    <>
      <Heading title="Sign-ins">Who got in and out, and who did not. Kept for 13 months.</Heading>
      <AdminTabs at={HERE} />
      <form method="get" action={HERE} class="filter" data-swap="sign-ins">
        <Field name="who" label="Person" hint="The address, or the id." type="search" value={given.who} />
        <Select
          name="kind"
          label="What"
          value={given.kind}
          options={[{ value: "", label: "Anything" }, ...AUTH_EVENT_KINDS.map((value) => ({ value, label: inWords(value) }))]}
        />
        <Field name="since" label="From" type="date" value={given.since} />
        <Field name="until" label="To" type="date" value={given.until} />
        <Button>Search</Button>
      </form>
      <div id="sign-ins" class="stack wide">
        {rows.length > 0 ? (
          <>
            <Table<ShownSignIn>
              name="Sign-ins"
              rows={rows}
              columns={[
                {
                  name: "What",
                  cell: ({ kind, outcome, reason }) => (
                    <>
                      {outcome === "failure" ? <Badge tone="bad">{inWords(kind)}</Badge> : inWords(kind)}
                      {reason ? <small>{inWords(reason)}</small> : null}
                    </>
                  ),
                },
                {
                  name: "Person",
                  cell: ({ candidateId, personName, personAddress }) => (
                    <>
                      {personName ?? (candidateId ? "A candidate" : "Nobody we know")}
                      {personAddress ? <small>{personAddress}</small> : null}
                    </>
                  ),
                },
                {
                  name: "From",
                  cell: ({ userAgentSummary, ip, country }) => (
                    <>
                      {userAgentSummary ?? "Unknown"}
                      <small>{[ip, country].filter(Boolean).join(", ")}</small>
                    </>
                  ),
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
        ) : isNarrowed ? (
          <NothingFits all={HERE} />
        ) : (
          <Empty title="Nobody has signed in yet" />
        )}
      </div>
    </>,
    { title: "Sign-ins", status: foundIn(isNarrowed, rows, next) },
  );
}

/** The ids by which an event is followed up. */
const Details: FC<{ of: ShownSignIn }> = ({ of: { userId, candidateId, organizationId, sessionId, method, requestId } }) => (
  <details class="small">
    <summary>Details</summary>
    <Facts
      of={[
        ...(method ? [{ name: "Method", value: inWords(method) }] : []),
        ...Object.entries({
          Person: userId,
          Candidate: candidateId,
          Organization: organizationId,
          Session: sessionId,
          Request: requestId,
        }).flatMap(([name, id]) => (id ? [{ name, value: <code>{id}</code> }] : [])),
      ]}
    />
  </details>
);

/** The sign-ins as a file. */
const CSV: readonly Said<ShownSignIn>[] = [
  ["at", ({ at }) => at.toISOString(), "date"],
  ["kind", ({ kind }) => kind],
  ["outcome", ({ outcome }) => outcome],
  ["reason", ({ reason }) => reason],
  ["user_id", ({ userId }) => userId, "id"],
  ["name", ({ personName }) => personName],
  ["email", ({ personAddress }) => personAddress],
  ["candidate_id", ({ candidateId }) => candidateId, "id"],
  ["organization_id", ({ organizationId }) => organizationId, "id"],
  ["session_id", ({ sessionId }) => sessionId, "id"],
  ["method", ({ method }) => method],
  ["ip", ({ ip }) => ip],
  ["country", ({ country }) => country],
  ["browser", ({ userAgentSummary }) => userAgentSummary],
  ["request_id", ({ requestId }) => requestId, "id"],
];
