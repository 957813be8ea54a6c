import type { Child, FC } from "hono/jsx";
import { isUuid } from "#domain/ids.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { type OwnCompany, ownCompanies } from "#services/companies/own-companies.ts";
import type { Context } from "#services/context.ts";
import { Button, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Tabs } from "#ui/parts.tsx";
import { chosenAccount, contextOf, formOf, keepAccount, type PageContext } from "./context.ts";

/** What the pages have in common on which a company sets up what people outside see. */

export interface CompanyPlace {
  ctx: Context;
  company: OwnCompany;
  /** All that the caller administers. */
  companies: readonly OwnCompany[];
}

/**
 * The company that was chosen, or the first; whoever administers none finds no page here. A form acts for the
 * company on whose page it stood, whatever another window has chosen since.
 */
export async function withinCompany(c: PageContext): Promise<CompanyPlace> {
  const { of_company: stoodOn } = c.req.method === "POST" ? await formOf(c) : {};
  const ctx = await contextOf(c);
  const companies = await ownCompanies(ctx);
  const company = companies.find(({ id }) => id === (stoodOn ?? chosenAccount(c))) ?? (stoodOn === undefined ? companies[0] : undefined);
  if (!company) throw notFound("page");
  return { ctx, company, companies };
}

/** What a form carries unseen: the company on whose page it stands. */
export const OfCompany: FC<{ id: string }> = ({ id }) => <input type="hidden" name="of_company" value={id} />;

/** The head of every page of a company: which company it is, and what can be set up. */
export const CompanyHead: FC<{ place: CompanyPlace; at: string; title: string; children?: Child }> = ({ place, at, title, children }) => (
  <>
    <Heading title={title} actions={place.companies.length > 1 ? <Chooser place={place} at={at} /> : null}>
      {children}
    </Heading>
    <Tabs
      name={place.company.name}
      at={at}
      of={[
        { name: "White-label", path: "/console/company/white-label" },
        { name: "Access codes", path: "/console/company/access-codes" },
        { name: "Intake", path: "/console/company/intake" },
        { name: "Widget", path: "/console/company/widget" },
        { name: "Embed code", path: "/console/company/embed-code" },
      ]}
    />
  </>
);

const Chooser: FC<{ place: CompanyPlace; at: string }> = ({ place: { companies, company }, at }) => (
  <form method="post" action="/console/company" class="row">
    <input type="hidden" name="return_to" value={at} />
    <Select name="company" label="Company" value={company.id} options={companies.map(({ id, name }) => ({ value: id, label: name }))} />
    <Button>Change</Button>
  </form>
);

const PAGE = /^\/console\/company\/[a-z-]+$/;

/** Which company the pages are about from now on. Whose it is they ask for themselves. */
export async function companyChosen(c: PageContext): Promise<Response> {
  const { company, return_to: returnTo = "" } = await formOf(c);
  if (company !== undefined && isUuid(company)) keepAccount(c, company);
  return c.redirect(PAGE.test(returnTo) ? returnTo : "/console/company/white-label", 303);
}

/** What a verb refused of a form, at its fields and in the words they have there; any other refusal goes on. */
export function faultsOf(error: unknown, labels: Readonly<Record<string, string>>): FieldErrors {
  if (!(error instanceof Refusal) || error.code !== "validation_failed") throw error;
  return Object.fromEntries(
    (error.members.errors ?? []).map(({ pointer, message }) => {
      const name = pointer.slice(1);
      return [name, message.replace(new RegExp(`^${name}\\b`), labels[name] ?? name)];
    }),
  );
}
