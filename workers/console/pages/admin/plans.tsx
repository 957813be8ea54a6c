import { API_PLANS } from "#db/schema/api.ts";
import { isUuid } from "#domain/ids.ts";
import { findAccounts, type OwnAccount } from "#services/accounts/list-accounts.ts";
import { type AccountPlan, getPlanOf, putPlan } from "#services/account-plans/account-plan.ts";
import { Button, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Badge, Card, type Difference, Empty, Facts, Overtaken, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { AccountPlanInput } from "../../../api/v1/credential-shapes.ts";
import { parse } from "../../../api/shape.ts";
import { contextOfAdmin, type Form, formOf, type PageContext } from "../../context.ts";
import { AdminTabs, count, dollars, errorsOf, isOvertaken, Unseen } from "../../partner-pages.tsx";
import { inWords } from "../../words.ts";

const HERE = "/console/admin/plans";
const LABELS = { plan: "The plan", custom_limit: "A limit of its own", reason: "The reason" };

/** The plan of one account, found by its id or by the name of whoever owns it. */
export const plansPage = (c: PageContext): Promise<Response> => pageWith(c, c.req.query("account")?.trim() ?? "", {}, {});

async function pageWith(c: PageContext, account: string, errors: FieldErrors, given: Form, overtaken = false): Promise<Response> {
  const ctx = await contextOfAdmin(c);
  const plan = isUuid(account) ? await getPlanOf(ctx, account) : null;
  const found = plan ? [] : await findAccounts(ctx, account);
  return c.render(
    <>
      <Heading title="Plans">What an account may ask, and what was agreed with it.</Heading>
      <AdminTabs at={HERE} />
      <form method="get" action={HERE} class="filter">
        <Field name="account" label="Account" hint="Its name, or its id." value={account} />
        <Button>Show</Button>
      </form>
      {plan ? (
        <Card title={plan.account.name} aside={<Badge>{inWords(plan.account.kind)}</Badge>}>
          <Facts
            of={[
              { name: "Plan", value: inWords(plan.plan) },
              {
                name: "Requests an hour",
                value: `${count(plan.customLimit ?? plan.terms.requestsPerHour)}${plan.customLimit === null ? "" : ", its own limit"}`,
              },
              { name: "Beyond the limit", value: plan.overageEnabled ? `Paid, ${dollars(plan.spendCapCents)} a month at most` : "Refused" },
              { name: "Keys", value: `${count(plan.terms.maxKeys)} at most` },
              { name: "Changed", value: <Time at={plan.updatedAt} /> },
            ]}
          />
          {overtaken ? <Overtaken of={differencesOf(plan, given)} /> : null}
          <ErrorSummary errors={errors} />
          <form method="post" action={HERE} class="stack wide prose">
            <Unseen ctx={ctx} version={plan.version} />
            <input type="hidden" name="account" value={account} />
            <Select
              name="plan"
              label="Plan"
              value={given["plan"] ?? plan.plan}
              error={errors["plan"]}
              options={API_PLANS.map((value) => ({ value, label: inWords(value) }))}
            />
            <Field
              name="custom_limit"
              label="A limit of its own"
              hint="Requests an hour in place of the plan's; for enterprise alone."
              type="number"
              value={given["custom_limit"] ?? (plan.customLimit === null ? "" : String(plan.customLimit))}
              error={errors["custom_limit"]}
            />
            <Field
              name="reason"
              label="Reason"
              hint="The audit keeps it."
              rows={2}
              value={given["reason"]}
              error={errors["reason"]}
              required
            />
            <div class="row">
              <Button kind="main">Change the plan</Button>
            </div>
          </form>
        </Card>
      ) : found.length > 0 ? (
        <Table<OwnAccount>
          name="Accounts"
          rows={found}
          columns={[
            { name: "Account", cell: ({ id, name }) => <a href={`${HERE}?account=${id}`}>{name}</a> },
            { name: "Kind", cell: ({ kind }) => inWords(kind) },
            { name: "Id", cell: ({ id }) => <code>{id}</code> },
          ]}
        />
      ) : (
        <Empty title="No account is called that">
          An account has the name and the id of its company, team or recruiter. Requests and credentials lead here, too.
        </Empty>
      )}
    </>,
    { title: "Plans", status: c.req.query("done") === "changed" ? "Changed. It counts from the next request on." : undefined },
  );
}

/** Where what was typed is not what somebody else has saved meanwhile. */
const differencesOf = (plan: AccountPlan, typed: Form): Difference[] =>
  [
    { name: "Plan", now: plan.plan, yours: typed["plan"] ?? "" },
    { name: "A limit of its own", now: plan.customLimit === null ? "" : String(plan.customLimit), yours: typed["custom_limit"] ?? "" },
  ].filter(({ now, yours }) => now !== yours);

/** Puts the account on a plan. */
export async function planChanged(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  const account = given["account"] ?? "";
  try {
    const asked = parse(
      AccountPlanInput,
      {
        plan: given["plan"],
        custom_limit: given["custom_limit"] ? Number(given["custom_limit"]) : null,
        reason: given["reason"],
      },
      "body",
    );
    if (!isUuid(account)) return c.redirect(HERE, 303);
    await putPlan(await contextOfAdmin(c), account, { plan: asked.plan, customLimit: asked.custom_limit ?? null, reason: asked.reason });
  } catch (error) {
    if (isOvertaken(error)) {
      c.status(409);
      return pageWith(c, account, {}, given, true);
    }
    const errors = errorsOf(error, LABELS);
    c.status(422);
    return pageWith(c, account, errors, given);
  }
  return c.redirect(`${HERE}?account=${account}&done=changed`, 303);
}
