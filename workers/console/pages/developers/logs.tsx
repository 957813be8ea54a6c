import type { FC } from "hono/jsx";
import type { LoggedRequest } from "#domain/audit/entries.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { listKeys } from "#services/api-keys/api-key.ts";
import { getRequest, listRequests } from "#services/request-log/list-requests.ts";
import { Button, ButtonLink, Field, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Badge, Empty, Facts, NothingFits, Notice, type Tone } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { contextWithinAccount, type PageContext } from "../../context.ts";
import { count, csvAnswer, DeveloperTabs, foundIn, ListEnd, pagingOf, type Said } from "../../partner-pages.tsx";

const HERE = "/developers/logs";
const MOST_KEYS = 100;
const TAIL_SECONDS = 5;
const SPANS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;

/** The account's requests, newest first, by what was asked, with what, how it went and when. */
export async function logsPage(c: PageContext): Promise<Response> {
  const asked = new URL(c.req.url).searchParams;
  const text = (name: string) => asked.get(name)?.trim().slice(0, 200) || undefined;
  const given = { status: text("status"), route: text("route"), credential_id: text("credential_id"), span: text("span") };
  const status = /^([1-5])(\d\d|xx)$/.exec(given.status ?? "");
  const from = status ? Number(`${status[1]}${status[2] === "xx" ? "00" : status[2]}`) : null;
  const span = Object.entries(SPANS).find(([name]) => name === given.span)?.[1];
  const paging = await pagingOf(c, HERE, given);
  const ctx = await contextWithinAccount(c);
  const [{ rows, next }, keys] = await Promise.all([
    listRequests(ctx, {
      ...paging.query,
      filters: {
        ...(from === null ? {} : { status: { from, to: status?.[2] === "xx" ? from + 99 : from } }),
        ...(given.route ? { route: given.route } : {}),
        ...(given.credential_id ? { credential_id: given.credential_id } : {}),
        ...(span ? { since: new Date(Date.now() - span) } : {}),
      },
    }),
    listKeys(ctx, { limit: MOST_KEYS, after: null, filters: {} }),
  ]);
  if (paging.wantsCsv) return csvAnswer("requests", CSV, rows);
  const live = asked.get("live") === "yes";
  const followed = (on: boolean) => {
    const words = new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
    if (on) words.set("live", "yes");
    return words.size > 0 ? `${HERE}?${words.toString()}` : HERE;
  };
  const narrowed = Object.values(given).some((value) => value !== undefined);
  const names = new Map(keys.rows.map(({ id, name }) => [id, name]));
  return c.render(
    <>
      <Heading
        title="Logs"
        actions={
          <>
            <form method="get" action={HERE} data-swap="requests" data-every={live ? TAIL_SECONDS : undefined}>
              {Object.entries({ ...given, ...(live ? { live: "yes" } : {}) }).map(([name, value]) =>
                value ? <input type="hidden" name={name} value={value} /> : null,
              )}
              <Button kind="quiet">Refresh</Button>
            </form>
            <ButtonLink href={followed(!live)} kind="quiet">
              {live ? "Stop following" : "Follow live"}
            </ButtonLink>
          </>
        }
      >
        Every request of this account's keys, grants and sessions. Bodies and queries are not kept.
      </Heading>
      <DeveloperTabs at={HERE} />
      <form method="get" action={HERE} class="filter" data-swap="requests">
        <Select
          name="status"
          label="Answer"
          value={given.status}
          options={[
            { value: "", label: "Any" },
            { value: "2xx", label: "2xx, done" },
            { value: "4xx", label: "4xx, refused" },
            { value: "5xx", label: "5xx, our fault" },
          ]}
        />
        <Select
          name="credential_id"
          label="Credential"
          value={given.credential_id}
          options={[{ value: "", label: "Any" }, ...keys.rows.map(({ id, name }) => ({ value: id, label: name }))]}
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
        <Field name="route" label="Route" value={given.route} />
        <Button>Show</Button>
      </form>
      <div id="requests" class="stack wide">
        {rows.length > 0 ? (
          <>
            <Table<LoggedRequest>
              name="Requests"
              rows={rows}
              columns={[
                {
                  name: "Request",
                  cell: (row) => (
                    <>
                      <a href={`${HERE}/${row.id}`}>
                        <code>{`${row.method} ${row.route}`}</code>
                      </a>
                      <small>{nameOf(row, names)}</small>
                    </>
                  ),
                },
                { name: "Answer", cell: (row) => <Outcome of={row} /> },
                { name: "Took", numeric: true, cell: ({ latencyMs }) => `${count(latencyMs)} ms` },
                {
                  name: "When",
                  cell: (row) => <Second at={row.at} />,
                },
              ]}
            />
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : narrowed ? (
          <NothingFits all={HERE} />
        ) : (
          <Empty title="No requests yet">The first call with a key of this account stands here within seconds.</Empty>
        )}
      </div>
      <p class="soft small">
        All of it, as lines for your own tools: <code>GET /api/v1/request-logs?format=ndjson</code> (also <code>ocsf</code> and{" "}
        <code>cef</code>
        ), <a href="/docs">as the documentation tells</a>. Or <a href="/developers/siem">have it pushed</a>.
      </p>
    </>,
    { title: "Logs", status: live ? undefined : foundIn(narrowed, rows, next) },
  );
}

/** The requests as a file. */
const CSV: readonly Said<LoggedRequest>[] = [
  ["at", ({ at }) => at.toISOString(), "date"],
  ["request_id", ({ requestId }) => requestId, "id"],
  ["method", ({ method }) => method],
  ["route", ({ route }) => route],
  ["path", ({ path }) => path],
  ["status", ({ status }) => status, "number"],
  ["error_code", ({ errorCode }) => errorCode],
  ["latency_ms", ({ latencyMs }) => latencyMs, "number"],
  ["credential_id", ({ credentialId }) => credentialId, "id"],
  ["ip", ({ ip }) => ip],
  ["user_agent", ({ userAgent }) => userAgent],
  ["rate_remaining", ({ rateRemaining }) => rateRemaining, "number"],
  ["bytes_out", ({ bytesOut }) => bytesOut, "number"],
  ["repeat_count", ({ repeatCount }) => repeatCount, "number"],
];

/** One request, with all that is kept of it. */
export async function requestPage(c: PageContext): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound("request");
  const ctx = await contextWithinAccount(c);
  const [row, keys] = await Promise.all([getRequest(ctx, id), listKeys(ctx, { limit: MOST_KEYS, after: null, filters: {} })]);
  const names = new Map(keys.rows.map((key) => [key.id, key.name]));
  return c.render(
    <>
      <p class="up small">
        <a href={HERE}>Logs</a>
      </p>
      <Heading title={`${row.method} ${row.route}`} actions={<Outcome of={row} />}>
        <Second at={row.at} />
      </Heading>
      {row.repeatCount > 1 ? <Notice>{`The same refusal came ${count(row.repeatCount)} times within its minute.`}</Notice> : null}
      <Facts
        of={[
          { name: "Path", value: <code>{row.path}</code> },
          {
            name: "Credential",
            value:
              row.credentialKind === "key" ? <a href={`/developers/keys/${row.credentialId}`}>{nameOf(row, names)}</a> : nameOf(row, names),
          },
          { name: "Scopes", value: row.scopesUsed.join(", ") || "None" },
          { name: "Took", value: `${count(row.latencyMs)} ms` },
          { name: "Sent", value: `${count(row.bytesOut)} bytes` },
          {
            name: "Left of the limit",
            value: row.rateRemaining === null ? "Not counted" : `${count(row.rateRemaining)}${row.overage ? "; beyond it, and paid" : ""}`,
          },
          { name: "From", value: [row.ip, row.country].filter(Boolean).join(", ") || "Unknown" },
          { name: "Client", value: row.userAgent ?? "Unknown" },
          { name: "Request id", value: <code>{row.requestId}</code> },
        ]}
      />
      <p class="row">
        {row.credentialId === null ? null : <a href={`${HERE}?credential_id=${row.credentialId}`}>All of this credential</a>}
        <a href={`${HERE}?route=${encodeURIComponent(row.route)}`}>All of this route</a>
        {row.errorCode === null ? null : <a href={`/docs/problems/${row.errorCode}`}>What {row.errorCode} means</a>}
      </p>
    </>,
    { title: "A request" },
  );
}

const nameOf = ({ credentialId, credentialKind }: LoggedRequest, names: ReadonlyMap<string, string>): string =>
  (credentialId && names.get(credentialId)) ?? KINDS[credentialKind ?? ""] ?? "No credential";

const KINDS: Readonly<Record<string, string>> = { key: "A key", grant: "A grant", user: "A session" };

const toneOf = (status: number): Tone => (status >= 500 ? "bad" : status >= 400 ? "warn" : "good");

const Outcome: FC<{ of: LoggedRequest }> = ({ of: { status, errorCode, repeatCount } }) => (
  <>
    <Badge tone={toneOf(status)}>{status}</Badge> {errorCode === null ? null : <code class="soft">{errorCode}</code>}
    {repeatCount > 1 ? ` × ${count(repeatCount)}` : null}
  </>
);

const SECOND = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});

/** Of many requests a minute, the second tells. */
const Second: FC<{ at: Date }> = ({ at }) => <time datetime={at.toISOString()}>{`${SECOND.format(at)} UTC`}</time>;
