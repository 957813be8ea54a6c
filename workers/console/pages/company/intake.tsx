import type { FC } from "hono/jsx";
import { INTAKE_STATUSES } from "#db/schema/ats.ts";
import { intakeCsv } from "#domain/intake/intake-csv.ts";
import { answerIntake } from "#services/intake-requests/answer-intake.ts";
import { getIntake, type IntakeRequest, listIntakes } from "#services/intake-requests/intake-request.ts";
import { Action, Button, ButtonLink, Field, Select } from "#ui/form.tsx";
import { Badge, Card, Empty, Facts, Time, type Tone } from "#ui/parts.tsx";
import { Pager, Table } from "#ui/table.tsx";
import { type CompanyPlace, CompanyHead, withinCompany } from "../../company-pages.tsx";
import { contextOf, idIn, type PageContext } from "../../context.ts";
import { csvFile } from "../../../api/operation.ts";
import { PAGE_ROWS } from "../../partner-pages.tsx";
import { inWords } from "../../words.ts";

const HERE = "/console/company/intake";
const FILE = `${HERE}.csv`;
const FILE_ROWS = 2_000;
const MAX_WORDS = 200;
const TONES: Readonly<Record<IntakeRequest["status"], Tone>> = { new: "accent", accepted: "good", declined: "neutral" };
const SOURCES: Readonly<Record<IntakeRequest["source"], string>> = { widget: "Widget", white_label: "Your page" };

/** What somebody called the role that they handed in. */
const titleOf = ({ fields }: IntakeRequest): string => fields["role_title"] ?? Object.values(fields)[0] ?? "A role";

interface Asked {
  status: IntakeRequest["status"] | undefined;
  words: string | undefined;
}

/** By what the address narrows the inbox. */
function askedIn({ searchParams }: URL): Asked {
  return {
    status: INTAKE_STATUSES.find((each) => each === searchParams.get("status")),
    words: searchParams.get("words")?.trim().slice(0, MAX_WORDS) || undefined,
  };
}

const requestsOf = ({ ctx, company }: CompanyPlace, { status, words }: Asked, page: number, limit: number) =>
  listIntakes(ctx, {
    page,
    limit,
    sortBy: "created_at",
    sortOrder: "desc",
    include: [],
    filters: { company_id: company.id, ...(status ? { status } : {}), ...(words ? { words } : {}) },
  });

/** The roles that were handed in to the company, the newest first. */
export async function intakePage(c: PageContext): Promise<Response> {
  const place = await withinCompany(c);
  const address = new URL(c.req.url);
  const asked = askedIn(address);
  const isNarrowed = asked.status !== undefined || asked.words !== undefined;
  const found = await requestsOf(place, asked, Math.max(1, Number(address.searchParams.get("page")) || 1), PAGE_ROWS);
  return c.render(
    <>
      <CompanyHead place={place} at={HERE} title="Intake inbox">
        Roles that people outside handed in. Accepting one opens a draft with the answers filled in.
      </CompanyHead>
      <form method="get" action={HERE} class="filter" data-swap="found">
        <Field name="words" label="Search" type="search" value={asked.words} />
        <Select
          name="status"
          label="State"
          value={asked.status ?? ""}
          options={[{ value: "", label: "All" }, ...INTAKE_STATUSES.map((value) => ({ value, label: inWords(value) }))]}
        />
        <Button>Show</Button>
      </form>
      <div id="found" class="stack wide">
        {found.rows.length > 0 ? (
          <>
            <Requests of={found.rows} />
            <Pager
              page={found.page}
              limit={found.limit}
              total={found.total}
              totalCapped={found.totalCapped}
              noun="roles"
              address={address}
            />
            <div class="row">
              <ButtonLink href={`${FILE}${address.search}`} kind="quiet">
                {found.total > FILE_ROWS ? `The newest ${FILE_ROWS} as CSV` : "As CSV"}
              </ButtonLink>
            </div>
          </>
        ) : (
          <Empty
            title={isNarrowed ? "Nothing fits" : "Nothing was handed in yet"}
            action={isNarrowed ? <a href={HERE}>Clear the filter</a> : <a href="/console/company/white-label">See your pages</a>}
          >
            {isNarrowed
              ? "Other roles may wait under another state, or in other words."
              : "Send people the address of your intake page; what they write arrives here."}
          </Empty>
        )}
      </div>
    </>,
    { title: "Intake inbox", status: isNarrowed ? `${found.total} found` : undefined },
  );
}

/** The same roles, under the same filter, as a spreadsheet opens them. */
export async function intakeFile(c: PageContext): Promise<Response> {
  const { rows } = await requestsOf(await withinCompany(c), askedIn(new URL(c.req.url)), 1, FILE_ROWS);
  const { body, headers } = csvFile(
    "intake",
    intakeCsv(rows.map(({ createdAt, fields, ...row }) => ({ ...row, submittedAt: createdAt, answers: fields }))),
  );
  return c.body(body, 200, headers);
}

const Requests: FC<{ of: readonly IntakeRequest[] }> = ({ of }) => (
  <Table
    name="Roles that were handed in"
    rows={of}
    columns={[
      { name: "Role", cell: (request) => <a href={`${HERE}/${request.id}`}>{titleOf(request)}</a> },
      { name: "State", cell: ({ status }) => <Badge tone={TONES[status]}>{inWords(status)}</Badge> },
      { name: "From", cell: ({ fields }) => fields["contact_name"] ?? "Not said" },
      { name: "Came by", cell: ({ source }) => SOURCES[source] },
      { name: "When", cell: ({ createdAt }) => <Time at={createdAt} /> },
    ]}
  />
);

const DONE: Readonly<Record<string, string>> = {
  accepted: "Accepted. The draft waits among your roles.",
  declined: "Declined.",
};

/** One of them, whole, with the two answers it can get. */
export async function intakeRequestPage(c: PageContext): Promise<Response> {
  const place = await withinCompany(c);
  const request = await getIntake(place.ctx, idIn(c, "intake request"), []);
  const answer = (verb: string) => `${HERE}/${request.id}/${verb}`;
  return c.render(
    <>
      <CompanyHead place={place} at={HERE} title={titleOf(request)}>
        {`Handed in by ${request.fields["contact_name"] ?? "somebody outside"}.`}
      </CompanyHead>
      <Card title="What was written" aside={<Badge tone={TONES[request.status]}>{inWords(request.status)}</Badge>}>
        <Facts
          of={[
            ...Object.entries(request.fields).map(([name, value]) => ({ name: inWords(name), value: <span class="words">{value}</span> })),
            { name: "Came by", value: request.origin ? `${SOURCES[request.source]} on ${request.origin}` : SOURCES[request.source] },
            { name: "When", value: <Time at={request.createdAt} /> },
            ...(request.handledAt ? [{ name: "Answered", value: <Time at={request.handledAt} /> }] : []),
          ]}
        />
      </Card>
      {request.status === "new" ? (
        <div class="row">
          <Action to={answer("accept")} kind="main">
            Accept: open a draft role
          </Action>
          <Action to={answer("decline")}>Decline</Action>
        </div>
      ) : null}
      <p>
        <a href={HERE}>Back to the inbox</a>
      </p>
    </>,
    { title: titleOf(request), status: DONE[c.req.query("done") ?? ""] },
  );
}

/** Accepts or declines what was handed in. */
export const intakeAnswered =
  (answer: "accepted" | "declined") =>
  async (c: PageContext): Promise<Response> => {
    const id = idIn(c, "intake request");
    await answerIntake(await contextOf(c), id, answer);
    return c.redirect(`${HERE}/${id}?done=${answer}`, 303);
  };
