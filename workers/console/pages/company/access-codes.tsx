import type { FC } from "hono/jsx";
import { isOpen } from "#domain/access-codes/access-code.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { csv } from "#domain/statements/csv.ts";
import { listOf } from "#services/listing.ts";
import { type AccessCode, accessCodeNoun, createAccessCode, revokeAccessCode } from "#services/white-label/access-codes.ts";
import { Action, Button, ButtonLink, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Badge, Card, Empty, Secret, Time } from "#ui/parts.tsx";
import { Pager, Table } from "#ui/table.tsx";
import { csvFile } from "../../../api/operation.ts";
import { CompanyHead, type CompanyPlace, faultsOf, OfCompany, withinCompany } from "../../company-pages.tsx";
import { formOf, type PageContext } from "../../context.ts";
import { PAGE_ROWS } from "../../partner-pages.tsx";

const HERE = "/console/company/access-codes";
const FILE_ROWS = 2_000;
const MAX_WORDS = 200;
const COLUMNS = [
  { name: "label", kind: "text" },
  { name: "state", kind: "id" },
  { name: "created_at", kind: "date" },
  { name: "expires_at", kind: "date" },
  { name: "uses", kind: "number" },
  { name: "max_uses", kind: "number" },
] as const;
const LABELS = { label: "The name", expires_at: "The last day", max_uses: "How often" };
const DAYS = 90;

interface Shown {
  /** A code that was just made. */
  fresh?: string;
  errors?: FieldErrors;
  given?: Readonly<Record<string, string>>;
}

const wordsIn = ({ searchParams }: URL): string | undefined => searchParams.get("words")?.trim().slice(0, MAX_WORDS) || undefined;

const codesOf = ({ ctx, company }: CompanyPlace, words: string | undefined, page: number, limit: number) =>
  listOf<AccessCode>(ctx, accessCodeNoun, {
    page,
    limit,
    sortBy: "created_at",
    sortOrder: "desc",
    include: [],
    filters: { company_id: company.id, ...(words ? { words } : {}) },
  });

/** The codes that open a company's private pages, one for each partner. */
export const accessCodesPage = (c: PageContext): Promise<Response> => pageWith(c, {});

async function pageWith(c: PageContext, { fresh, errors = {}, given = {} }: Shown): Promise<Response> {
  const place = await withinCompany(c);
  const { ctx } = place;
  const address = new URL(c.req.url);
  const page = Math.max(1, Number(address.searchParams.get("page")) || 1);
  const words = wordsIn(address);
  const codes = await codesOf(place, words, page, PAGE_ROWS);
  const inDays = new Date(ctx.now().getTime() + DAYS * 86_400_000).toISOString().slice(0, 10);
  return c.render(
    <>
      <CompanyHead place={place} at={HERE} title="Access codes">
        They open your pages while these are private. Give each partner one of their own, so that you can end it alone.
      </CompanyHead>
      {fresh ? <Secret label="The new code." value={fresh} /> : null}
      {words !== undefined || codes.total > 0 ? (
        <form method="get" action={HERE} class="filter" data-swap="found">
          <Field name="words" label="Search" type="search" value={words} />
          <Button>Show</Button>
        </form>
      ) : null}
      <div id="found" class="stack wide">
        {codes.rows.length > 0 ? (
          <>
            <Codes codes={codes.rows} now={ctx.now()} />
            <Pager
              page={codes.page}
              limit={codes.limit}
              total={codes.total}
              totalCapped={codes.totalCapped}
              noun="codes"
              address={address}
            />
            <div class="row">
              <ButtonLink href={`${HERE}.csv${address.search}`} kind="quiet">
                {codes.total > FILE_ROWS ? `The newest ${FILE_ROWS} as CSV` : "As CSV"}
              </ButtonLink>
            </div>
          </>
        ) : words === undefined ? (
          <Empty title="No codes yet">Make one for your first partner. It matters as soon as your pages are private.</Empty>
        ) : (
          <Empty title="Nothing fits" action={<a href={HERE}>Clear the search</a>}>
            Codes are found by the name of whom they are for.
          </Empty>
        )}
      </div>
      <Card title="A new code">
        <form method="post" action={HERE} class="stack wide prose">
          <OfCompany id={place.company.id} />
          <ErrorSummary errors={errors} />
          <Field
            name="label"
            label="For whom"
            hint="A name that you know the partner by."
            value={given["label"]}
            error={errors["label"]}
            required
          />
          <Field
            name="expires_at"
            label="Last day"
            type="date"
            value={given["expires_at"] ?? inDays}
            error={errors["expires_at"]}
            required
          />
          <Field
            name="max_uses"
            label="How often it may be entered (optional)"
            type="number"
            value={given["max_uses"]}
            error={errors["max_uses"]}
          />
          <div class="row">
            <Button kind="main">Make a code</Button>
          </div>
        </form>
      </Card>
    </>,
    {
      title: "Access codes",
      status:
        c.req.query("done") === "revoked"
          ? "Ended. Whoever entered it is asked again."
          : words === undefined
            ? undefined
            : `${codes.total} found`,
    },
  );
}

const Codes: FC<{ codes: readonly AccessCode[]; now: Date }> = ({ codes, now }) => (
  <Table
    name="Access codes"
    rows={codes}
    columns={[
      { name: "For", cell: ({ label }) => label },
      { name: "State", cell: (code) => <State of={code} now={now} /> },
      { name: "Last day", cell: ({ expiresAt }) => <Time at={expiresAt} with="day" /> },
      { name: "Entered", numeric: true, cell: ({ uses, maxUses }) => (maxUses === null ? uses : `${uses} of ${maxUses}`) },
      {
        name: "What you can do",
        actions: true,
        cell: (code) =>
          isOpen(code, now) ? (
            <Action to={`${HERE}/${code.id}/revoke`} kind="quiet" label={`End the code for ${code.label}`}>
              End
            </Action>
          ) : null,
      },
    ]}
  />
);

const stateOf = (code: AccessCode, now: Date): string =>
  isOpen(code, now) ? "Opens" : code.revokedAt ? "Ended" : code.expiresAt <= now ? "Over" : "Used up";

const State: FC<{ of: AccessCode; now: Date }> = ({ of: code, now }) => (
  <Badge tone={isOpen(code, now) ? "good" : "neutral"}>{stateOf(code, now)}</Badge>
);

/** The same codes, as far as they are known, as a spreadsheet opens them. */
export async function accessCodesFile(c: PageContext): Promise<Response> {
  const place = await withinCompany(c);
  const { rows } = await codesOf(place, wordsIn(new URL(c.req.url)), 1, FILE_ROWS);
  const now = place.ctx.now();
  const lines = rows.map((code) => ({
    label: code.label,
    state: stateOf(code, now),
    created_at: code.createdAt.toISOString(),
    expires_at: code.expiresAt.toISOString(),
    uses: code.uses,
    max_uses: code.maxUses,
  }));
  const { body, headers } = csvFile("access-codes", csv(COLUMNS, lines));
  return c.body(body, 200, headers);
}

/** Makes a code and shows it this once, on the page that answers. */
export async function accessCodeMade(c: PageContext): Promise<Response> {
  const { ctx, company } = await withinCompany(c);
  const given = await formOf(c);
  const label = given["label"]?.trim() ?? "";
  const day = given["expires_at"] ?? "";
  const uses = given["max_uses"]?.trim() ?? "";
  const errors: Record<string, string> = {};
  if (label === "" || label.length > 100) errors["label"] = "Say for whom it is, in 100 characters at most.";
  if (Number.isNaN(Date.parse(`${day}T23:59:59Z`))) errors["expires_at"] = "Choose the last day on which it opens the page.";
  if (uses !== "" && !/^[1-9]\d{0,4}$/.test(uses)) errors["max_uses"] = "Enter a number from 1, or nothing.";
  try {
    if (Object.keys(errors).length === 0) {
      const asked = { companyId: company.id, label, expiresAt: new Date(`${day}T23:59:59Z`), maxUses: uses === "" ? null : Number(uses) };
      const { code } = await createAccessCode(ctx, asked);
      return pageWith(c, { fresh: code });
    }
  } catch (error) {
    Object.assign(errors, faultsOf(error, LABELS));
  }
  c.status(422);
  return pageWith(c, { errors, given });
}

/** Ends a code. */
export async function accessCodeRevoked(c: PageContext): Promise<Response> {
  const { ctx } = await withinCompany(c);
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound("access code");
  await revokeAccessCode(ctx, id);
  return c.redirect(`${HERE}?done=revoked`, 303);
}
