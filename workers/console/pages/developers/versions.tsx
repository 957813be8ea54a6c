import type { FC } from "hono/jsx";
import changes from "#changelog";
import { type Deprecation, listDeprecations, STILL_DAYS, type StillCalling } from "#services/usage/list-deprecations.ts";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Card, Empty, Notice, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { contextWithinAccount, type PageContext } from "../../context.ts";
import { count, DeveloperTabs } from "../../partner-pages.tsx";

const DEPRECATIONS = "/developers/deprecations";
const CHANGELOG = "/developers/changelog";

/** What will end, and which of the account's own keys and grants still call it. */
export async function deprecationsPage(c: PageContext): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const deprecations = await listDeprecations(ctx);
  return c.render(
    <>
      <Heading title="Deprecations">What will end, and which of your keys and grants still call it.</Heading>
      <DeveloperTabs at={DEPRECATIONS} />
      {deprecations.length > 0 ? (
        deprecations.map((each) => <Ending of={each} now={ctx.now()} />)
      ) : (
        <Empty title="Nothing that you use will end">
          A version is told of here at least six months before it ends, and in the <code>Deprecation</code> and <code>Sunset</code> headers
          of its answers.
        </Empty>
      )}
    </>,
    { title: "Deprecations" },
  );
}

const Ending: FC<{ of: Deprecation; now: Date }> = ({ of: { version, deprecatedAt, sunsetAt, successor, callers }, now }) => {
  const isOver = sunsetAt !== null && sunsetAt <= now;
  return (
    <Card
      title={`Version ${version}`}
      id={version}
      aside={<Badge tone={isOver ? "bad" : "warn"}>{isOver ? "Has ended" : "Deprecated"}</Badge>}
    >
      <p>
        {deprecatedAt <= now ? "Deprecated since" : "Deprecated from"} <Time at={deprecatedAt} with="day" />
        {sunsetAt === null ? "; when it ends is not decided yet" : null}
        {sunsetAt === null ? null : isOver ? ", and ended on " : ", and ends on "}
        {sunsetAt === null ? null : <Time at={sunsetAt} with="day" />}. {successor ? `Version ${successor} takes its place.` : ""}
      </p>
      {callers.length > 0 ? (
        <>
          <Notice tone={isOver ? "bad" : "warn"}>
            {callers.length === 1 ? "One of your keys and grants" : `${callers.length} of your keys and grants`} called it in the last{" "}
            {STILL_DAYS} days.
          </Notice>
          <Table<StillCalling>
            name={`Who still calls ${version}`}
            rows={callers}
            columns={[
              { name: "Key or grant", cell: (caller) => <Named of={caller} /> },
              { name: "Requests", numeric: true, cell: ({ requests }) => count(requests) },
              { name: "Last call", cell: ({ lastAt }) => <Ago at={lastAt} now={now} /> },
            ]}
          />
        </>
      ) : (
        <Notice tone="good">None of your keys and grants called it in the last {STILL_DAYS} days.</Notice>
      )}
    </Card>
  );
};

const Named: FC<{ of: StillCalling }> = ({ of: { kind, credentialId, name } }) =>
  kind === "key" ? (
    <a href={`/developers/keys/${credentialId}`}>{name}</a>
  ) : kind === "grant" ? (
    <>
      <a href="/developers/grants">{name}</a>
      <small>A grant</small>
    </>
  ) : (
    <>A session</>
  );

/** What changed in the partner API, as docs/api.md tells it, newest first. */
export async function changelogPage(c: PageContext): Promise<Response> {
  await (await contextWithinAccount(c)).read();
  return c.render(
    <>
      <Heading title="Changelog">What changed in the partner API. What was added needs nothing of you.</Heading>
      <DeveloperTabs at={CHANGELOG} />
      <ol class="list card">
        {changes.map(({ date, version, what }) => (
          <li class="stack">
            <p class="row">
              <Time at={new Date(`${date}T00:00:00Z`)} with="day" /> <Badge tone="accent">{version}</Badge>
            </p>
            <p class="prose">{what}</p>
          </li>
        ))}
      </ol>
    </>,
    { title: "Changelog" },
  );
}
