import { ACCOUNT_KINDS } from "#db/schema/api.ts";
import { CREDENTIAL_KINDS } from "#db/schema/requests.ts";
import { Refusal } from "#domain/refusals.ts";
import { type AccessRequest, getAccessRequest, listAccessRequests } from "#services/access-requests/access-request.ts";
import { decideAccess } from "#services/access-requests/decide-access.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Empty, Facts, NothingFits, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { contextOfAdmin, formOf, idIn, type PageContext } from "../../context.ts";
import { keptForm } from "../../kept-form.ts";
import { AdminTabs, CREDENTIAL_WORDS, csvAnswer, foundIn, ListEnd, pagingOf, type Said, ScopeList, Unseen } from "../../partner-pages.tsx";
import { inWords } from "../../words.ts";

const LIST = "/console/admin";
const REASON_LETTERS = 1_000;

const DONE: Readonly<Record<string, string>> = {
  approved: "Approved. Whoever asked is told.",
  late: "It no longer waits: somebody else decided it, or it was taken back. Nothing of yours was saved.",
  rejected: "Rejected. Whoever asked is told, with your reason.",
};

/** By what the queue is narrowed, as far as it is known. */
function narrowingOf(c: PageContext) {
  const search = c.req.query("search")?.trim().slice(0, 100);
  const kind = CREDENTIAL_KINDS.find((one) => one === c.req.query("kind"));
  const of = ACCOUNT_KINDS.find((one) => one === c.req.query("account_kind"));
  return { ...(search ? { search } : {}), ...(kind ? { kind } : {}), ...(of ? { account_kind: of } : {}) };
}

/** The keys and applications that wait for an administrator. */
export async function approvalsPage(c: PageContext): Promise<Response> {
  const narrowing = narrowingOf(c);
  const isNarrowed = Object.keys(narrowing).length > 0;
  const paging = await pagingOf(c, LIST, narrowing);
  const ctx = await contextOfAdmin(c);
  const { rows, next } = await listAccessRequests(ctx, { ...paging.query, filters: narrowing });
  if (paging.wantsCsv) return csvAnswer("approvals", CSV, rows);
  return c.render(
    <>
      <Heading title="Administration">Keys and apps that wait for approval.</Heading>
      <AdminTabs at={LIST} />
      <form method="get" action={LIST} class="filter" data-swap="waiting">
        <Field name="search" label="Search" hint="Its name, or the account's." type="search" value={narrowing.search} />
        <Select
          name="kind"
          label="Kind"
          value={narrowing.kind}
          options={[{ value: "", label: "Any" }, ...CREDENTIAL_KINDS.map((value) => ({ value, label: CREDENTIAL_WORDS[value] }))]}
        />
        <Select
          name="account_kind"
          label="Account"
          value={narrowing.account_kind}
          options={[{ value: "", label: "Any" }, ...ACCOUNT_KINDS.map((value) => ({ value, label: inWords(value) }))]}
        />
        <Button>Show</Button>
      </form>
      <div id="waiting" class="stack wide">
        {rows.length > 0 ? (
          <>
            <Table<AccessRequest>
              name="Waiting for approval"
              rows={rows}
              columns={[
                {
                  name: "Request",
                  cell: (request) => (
                    <>
                      <a href={`${LIST}/approvals/${request.id}`}>{request.name}</a>
                      <small>{CREDENTIAL_WORDS[request.kind]}</small>
                    </>
                  ),
                },
                {
                  name: "Account",
                  cell: (request) => (
                    <>
                      {request.accountName} <Badge>{inWords(request.accountKind)}</Badge>
                    </>
                  ),
                },
                { name: "Scopes", numeric: true, cell: ({ scopes }) => scopes.length },
                { name: "Asked", cell: ({ updatedAt }) => <Ago at={updatedAt} now={ctx.now()} /> },
              ]}
            />
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : isNarrowed ? (
          <NothingFits all={LIST} />
        ) : (
          <Empty title="Nothing waits">As soon as somebody asks for a key or registers an app, it stands here.</Empty>
        )}
      </div>
    </>,
    { title: "Approvals", status: DONE[c.req.query("done") ?? ""] ?? foundIn(isNarrowed, rows, next) },
  );
}

/** What waits, as a file. */
const CSV: readonly Said<AccessRequest>[] = [
  ["id", ({ id }) => id, "id"],
  ["kind", ({ kind }) => kind],
  ["name", ({ name }) => name],
  ["account", ({ accountName }) => accountName],
  ["account_id", ({ accountId }) => accountId, "id"],
  ["scopes", ({ scopes }) => scopes.join(" ")],
  ["redirect_uris", ({ redirectUris }) => redirectUris.join(" ")],
  ["updated_at", ({ updatedAt }) => updatedAt.toISOString(), "date"],
];

/** One request, with all that it asks for, and its decision. */
export const decideAccessPage = (c: PageContext): Promise<Response> => pageWith(c, {}, null);

async function pageWith(c: PageContext, errors: FieldErrors, typed: string | null): Promise<Response> {
  const ctx = await contextOfAdmin(c);
  const request = await getAccessRequest(ctx, idIn(c, "request"));
  const reason = typed ?? (await keptForm(c, ctx))?.["reason"] ?? "";
  return c.render(
    <>
      <p class="up small">
        <a href={LIST}>Approvals</a>
      </p>
      <Heading title={request.name}>
        {CREDENTIAL_WORDS[request.kind]} for {request.accountName}
      </Heading>
      <Facts
        of={[
          { name: "Account", value: `${request.accountName}, ${inWords(request.accountKind).toLowerCase()}` },
          { name: "May", value: <ScopeList of={request.scopes} /> },
          ...(request.redirectUris.length > 0
            ? [
                {
                  name: "Sends people to",
                  value: (
                    <ul>
                      {request.redirectUris.map((uri) => (
                        <li>
                          <code>{uri}</code>
                        </li>
                      ))}
                    </ul>
                  ),
                },
              ]
            : []),
          { name: "Made", value: <Time at={request.createdAt} /> },
          { name: "Account id", value: <code>{request.accountId}</code> },
        ]}
      />
      <ErrorSummary errors={errors} />
      <form method="post" action={`${LIST}/approvals/${request.id}`} class="stack wide prose">
        <Unseen ctx={ctx} />
        <Field
          name="reason"
          label="Reason"
          hint="A rejection needs one. Whoever asked reads it."
          rows={3}
          value={reason}
          error={errors["reason"]}
        />
        <div class="row">
          <Button kind="main" id="decision" name="decision" value="approve">
            Approve
          </Button>
          <Button name="decision" value="reject">
            Reject
          </Button>
          <ButtonLink href={LIST}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "A request" },
  );
}

/** Decides, once and for good. */
export async function accessDecided(c: PageContext): Promise<Response> {
  const id = idIn(c, "request");
  const { decision, reason: written = "" } = await formOf(c);
  const reason = written.trim();
  const isApproval = decision === "approve";
  const wrong =
    reason.length > REASON_LETTERS ? `A reason has ${REASON_LETTERS} characters at most.` : !isApproval && !reason ? "Say why." : null;
  if (wrong) {
    c.status(422);
    return pageWith(c, { reason: wrong }, written);
  }
  try {
    await decideAccess(await contextOfAdmin(c), id, isApproval ? "approve" : "reject", reason || null);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "invalid_transition") return c.redirect(`${LIST}?done=late`, 303);
    if (error.members["reason"] !== "own_request") throw error;
    c.status(409);
    return pageWith(c, { decision: error.message }, written);
  }
  return c.redirect(`${LIST}?done=${isApproval ? "approved" : "rejected"}`, 303);
}
