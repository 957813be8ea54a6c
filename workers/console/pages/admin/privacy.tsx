import { PRIVACY_REQUEST_KINDS, PRIVACY_REQUEST_STATUSES } from "#db/schema/ats.ts";
import { answerDueAt } from "#domain/portal/answer-due.ts";
import { listPrivacyRequests, type PrivacyRequest } from "#services/privacy-requests/privacy-request.ts";
import { Button, ButtonLink, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Empty, NothingFits, Time } from "#ui/parts.tsx";
import { Pager, Table } from "#ui/table.tsx";
import { contextOfAdmin, type PageContext } from "../../context.ts";
import { AdminTabs, csvAnswer, PAGE_ROWS, type Said } from "../../partner-pages.tsx";

const HERE = "/console/admin/privacy";
const FILE_ROWS = 1_000;

const KINDS: Readonly<Record<PrivacyRequest["kind"], string>> = { erasure: "To be deleted", export: "To take the data along" };
const STATUSES: Readonly<Record<PrivacyRequest["status"], string>> = { pending: "Waits", done: "Done" };

/** What candidates want done with their data, and until when the law asks for an answer: what is due first stands first. */
export async function privacyPage(c: PageContext): Promise<Response> {
  const address = new URL(c.req.url);
  const asked = address.searchParams;
  const kind = PRIVACY_REQUEST_KINDS.find((each) => each === asked.get("kind"));
  const status = asked.has("status") ? PRIVACY_REQUEST_STATUSES.find((each) => each === asked.get("status")) : "pending";
  const isFile = asked.get("format") === "csv";
  const ctx = await contextOfAdmin(c);
  const found = await listPrivacyRequests(ctx, {
    page: isFile ? 1 : Math.max(1, Number(asked.get("page")) || 1),
    limit: isFile ? FILE_ROWS : PAGE_ROWS,
    sortBy: "created_at",
    sortOrder: status === "pending" ? "asc" : "desc",
    include: [],
    filters: { ...(kind ? { kind } : {}), ...(status ? { status } : {}) },
  });
  if (isFile) return csvAnswer("privacy-requests", CSV, found.rows);
  const isNarrowed = kind !== undefined || asked.has("status");
  const file = new URL(address);
  file.searchParams.set("format", "csv");
  return c.render(
    <>
      <Heading title="Privacy">What candidates want done with their data. The law asks for an answer within a month.</Heading>
      <AdminTabs at={HERE} />
      <form method="get" action={HERE} class="filter" data-swap="found">
        <Select
          name="kind"
          label="Wish"
          value={kind ?? ""}
          options={[{ value: "", label: "Any" }, ...PRIVACY_REQUEST_KINDS.map((value) => ({ value, label: KINDS[value] }))]}
        />
        <Select
          name="status"
          label="State"
          value={status ?? ""}
          options={[...PRIVACY_REQUEST_STATUSES.map((value) => ({ value, label: STATUSES[value] })), { value: "", label: "Any" }]}
        />
        <Button>Show</Button>
      </form>
      <div id="found" class="stack wide">
        {found.rows.length > 0 ? (
          <>
            <Table<PrivacyRequest>
              name="What candidates want done with their data"
              rows={found.rows}
              columns={[
                {
                  name: "Candidate",
                  cell: ({ candidateId, candidateName }) => (
                    <>
                      {candidateName}
                      <small>
                        <code>{candidateId}</code>
                      </small>
                    </>
                  ),
                },
                { name: "Wish", cell: (request) => KINDS[request.kind] },
                { name: "Asked", cell: ({ createdAt }) => <Time at={createdAt} with="day" /> },
                { name: "Answer due", cell: (request) => <Due of={request} now={ctx.now()} /> },
              ]}
            />
            <Pager {...found} noun="requests" address={address} />
            <div class="row">
              <ButtonLink href={`${file.pathname}${file.search}`} kind="quiet">
                Download as CSV
              </ButtonLink>
            </div>
          </>
        ) : isNarrowed ? (
          <NothingFits all={HERE} />
        ) : (
          <Empty title="Nothing waits">As soon as a candidate asks to be deleted, it stands here.</Empty>
        )}
      </div>
    </>,
    { title: "Privacy", status: isNarrowed ? `${found.total} found.` : undefined },
  );
}

/** Until when somebody must have been answered; that it is late is said in words. */
const Due = ({ of: { createdAt, doneAt }, now }: { of: PrivacyRequest; now: Date }) => {
  const dueAt = answerDueAt(createdAt);
  if (doneAt) return <Badge tone="good">Done</Badge>;
  return (
    <>
      <Time at={dueAt} with="day" />
      <small>{dueAt < now ? <Badge tone="bad">Overdue</Badge> : <Ago at={dueAt} now={now} />}</small>
    </>
  );
};

const CSV: readonly Said<PrivacyRequest>[] = [
  ["id", ({ id }) => id, "id"],
  ["candidate_id", ({ candidateId }) => candidateId, "id"],
  ["candidate", ({ candidateName }) => candidateName],
  ["kind", ({ kind }) => kind, "id"],
  ["status", ({ status }) => status, "id"],
  ["asked_at", ({ createdAt }) => createdAt.toISOString(), "date"],
  ["due_at", ({ createdAt }) => answerDueAt(createdAt).toISOString(), "date"],
  ["done_at", ({ doneAt }) => doneAt?.toISOString() ?? null, "date"],
];
