import type { FC } from "hono/jsx";
import { hasEnded } from "#domain/deals/states.ts";
import { slotInWords, slotsInWords } from "#domain/portal/times.ts";
import { notFound } from "#domain/refusals.ts";
import {
  CANDIDATE_ACTS,
  type CandidateAct,
  type FromCandidate,
  getFromCandidate,
  type HeardApplication,
  listFromCandidates,
  openFromCandidate,
} from "#services/applications/from-candidate.ts";
import { Button, Field, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Card, Empty, Facts, NothingFits, Notice, Time, type Tone, Words } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { download } from "../../download.ts";
import { contextOf, idIn, type PageContext } from "../context.ts";
import { csvAnswer, foundIn, ListEnd, pagingOf, type Said } from "../partner-pages.tsx";
import { inWords } from "../words.ts";

const LIST = "/console/applications";
const MAX_WORDS = 100;
/** So much of a message stands in the list; the whole of it on the application's page. */
const EXCERPT = 140;

const ACT_WORDS: Readonly<Record<CandidateAct, readonly [name: string, tone: Tone]>> = {
  message: ["Message", "accent"],
  times: ["Times", "good"],
  withdrawal: ["Withdrawal", "warn"],
  document: ["Document", "neutral"],
};

/** What candidates said and did about the applications that the caller works on. */
export async function applicationsPage(c: PageContext): Promise<Response> {
  const search = c.req.query("search")?.trim().slice(0, MAX_WORDS) || undefined;
  const act = CANDIDATE_ACTS.find((each) => each === c.req.query("act"));
  const paging = await pagingOf(c, LIST, { search, act });
  const ctx = await contextOf(c);
  const { rows, next } = await listFromCandidates(ctx, { ...paging.query, act, search });
  if (ctx.access.companyIds.length === 0 && ctx.access.recruiterId === null) throw notFound("page");
  if (paging.wantsCsv) return csvAnswer("from-candidates", CSV, rows);
  const isNarrowed = act !== undefined || search !== undefined;
  return c.render(
    <>
      <Heading title="From candidates">What candidates wrote, offered and asked for about the applications you work on.</Heading>
      <form method="get" action={LIST} class="filter" data-swap="found">
        <Field name="search" label="Candidate or role" type="search" value={search} />
        <Select
          name="act"
          label="What"
          value={act ?? ""}
          options={[{ value: "", label: "Everything" }, ...CANDIDATE_ACTS.map((value) => ({ value, label: ACT_WORDS[value][0] }))]}
        />
        <Button>Show</Button>
      </form>
      <div id="found" class="stack wide">
        {rows.length > 0 ? (
          <>
            <Table<FromCandidate>
              name="From candidates"
              rows={rows}
              columns={[
                {
                  name: "Candidate",
                  cell: ({ applicationId, candidate, job, company }) => (
                    <>
                      <a href={`${LIST}/${applicationId}`}>{candidate}</a>
                      <small>{`${job}, ${company}`}</small>
                    </>
                  ),
                },
                { name: "What", cell: (row) => <Badge tone={ACT_WORDS[row.act][1]}>{ACT_WORDS[row.act][0]}</Badge> },
                { name: "In their words", cell: (row) => <span class="words">{excerptOf(row)}</span> },
                { name: "When", cell: ({ at }) => <Ago at={at} now={ctx.now()} /> },
              ]}
            />
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : isNarrowed ? (
          <NothingFits all={LIST} />
        ) : (
          <Empty title="No candidate has written yet">
            What candidates write in their portal arrives here: messages, times for an interview, documents, a wish to withdraw.
          </Empty>
        )}
      </div>
    </>,
    { title: "From candidates", status: foundIn(isNarrowed, rows, next) },
  );
}

const saidBy = ({ slots, words }: FromCandidate): string => (slots ? slotsInWords(slots) : (words ?? ""));

function excerptOf(row: FromCandidate): string {
  const said = saidBy(row) || "No reason given";
  return said.length > EXCERPT ? `${said.slice(0, EXCERPT)}…` : said;
}

const CSV: readonly Said<FromCandidate>[] = [
  ["at", ({ at }) => at.toISOString(), "date"],
  ["what", ({ act }) => act, "id"],
  ["candidate", ({ candidate }) => candidate],
  ["role", ({ job }) => job],
  ["company", ({ company }) => company],
  ["words", saidBy],
  ["application_id", ({ applicationId }) => applicationId, "id"],
];

/** All that the candidate of one application said and did about it. */
export async function applicationPage(c: PageContext): Promise<Response> {
  const ctx = await contextOf(c);
  const application = await getFromCandidate(ctx, idIn(c, "page"));
  const { candidate, email, job, company, stage, since } = application;
  return c.render(
    <>
      <p class="up small">
        <a href={LIST}>From candidates</a>
      </p>
      <Heading title={candidate}>{`For ${job} at ${company}`}</Heading>
      <Leaving of={application} now={ctx.now()} />
      <Facts
        of={[
          { name: "Stage", value: inWords(stage) },
          { name: "Since", value: <Time at={since} /> },
          ...(email === null ? [] : [{ name: "E-mail", value: <a href={`mailto:${email}`}>{email}</a> }]),
        ]}
      />
      <Times of={application} />
      {application.isAddressed ? <Messages of={application} /> : null}
      <Documents of={application} />
      <Withdrawals of={application} />
    </>,
    { title: `${candidate} for ${job}` },
  );
}

const isOpen = ({ undoneAt, appliedAt, lapsedAt }: HeardApplication["withdrawals"][number]): boolean =>
  !undoneAt && !appliedAt && !lapsedAt;

/** That somebody is about to leave is what must not be missed. */
const Leaving: FC<{ of: HeardApplication; now: Date }> = ({ of: { stage, withdrawals }, now }) => {
  const open = withdrawals.find(isOpen);
  return open && !hasEnded(stage) ? (
    <Notice tone="warn">
      <p>
        The candidate asked to withdraw. It takes effect <Ago at={open.effectiveAt} now={now} />, unless they change their mind.
      </p>
    </Notice>
  ) : null;
};

const Messages: FC<{ of: HeardApplication }> = ({ of: { messages, email } }) => (
  <Card title="Messages">
    {messages.length === 0 ? (
      <p class="soft">The candidate has not written.</p>
    ) : (
      <>
        <ul class="list">
          {messages.map(({ body, createdAt }) => (
            <li class="stack">
              <Words>{body}</Words>
              <p class="soft small">
                <Time at={createdAt} />
              </p>
            </li>
          ))}
        </ul>
        {email === null ? null : <p class="soft small">The candidate expects your answer by mail.</p>}
      </>
    )}
  </Card>
);

const Times: FC<{ of: HeardApplication }> = ({ of: { times } }) => (
  <Card title="When they can be met">
    {times === null ? (
      <p class="soft">The candidate has given no times.</p>
    ) : (
      <>
        <ul class="list">
          {times.slots.map((slot) => (
            <li class="head">
              <span>{slotInWords(slot)}</span>
              <span class="soft small">
                <Time at={new Date(slot.from)} />
              </span>
            </li>
          ))}
        </ul>
        <p class="soft small">
          Their clocks show {times.slots[0]?.time_zone.replaceAll("_", " ")}. Given <Time at={times.providedAt} />; what was given before no
          longer counts.
        </p>
      </>
    )}
  </Card>
);

const Documents: FC<{ of: HeardApplication }> = ({ of: { documents } }) => (
  <Card title="Documents">
    {documents.length === 0 ? (
      <p class="soft">The candidate has added none.</p>
    ) : (
      <ul class="list">
        {documents.map(({ id, filename, fileSize, createdAt }) => (
          <li class="head">
            <a href={`/console/documents/${id}`}>{filename}</a>
            <span class="soft small">
              {Math.ceil(fileSize / 1_024)} KB, <Time at={createdAt} with="day" />
            </span>
          </li>
        ))}
      </ul>
    )}
  </Card>
);

const Withdrawals: FC<{ of: HeardApplication }> = ({ of: { withdrawals } }) =>
  withdrawals.length === 0 ? null : (
    <Card title="Wishes to withdraw">
      <ul class="list">
        {withdrawals.map((wish) => (
          <li>
            <div class="head">
              <p>
                Asked <Time at={wish.createdAt} />
              </p>
              <Badge tone={isOpen(wish) ? "warn" : "neutral"}>{endOf(wish)}</Badge>
            </div>
            {wish.reason === null ? <p class="soft">No reason given.</p> : <Words>{wish.reason}</Words>}
          </li>
        ))}
      </ul>
    </Card>
  );

function endOf({ undoneAt, appliedAt, lapsedAt }: HeardApplication["withdrawals"][number]): string {
  if (undoneAt) return "Undone";
  if (appliedAt) return "Withdrawn";
  return lapsedAt ? "Ended otherwise before" : "Under way";
}

/** A document of a candidate as a download. */
export const documentPage = async (c: PageContext): Promise<Response> =>
  download(await openFromCandidate(await contextOf(c), idIn(c, "page")));
