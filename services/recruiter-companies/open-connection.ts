import { sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { recruiterCompanies, recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { DEFAULT_PERMISSIONS, opened, type Permissions } from "#domain/relationships/connection.ts";
import { conflict, forbidden, notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, readable, unchanged } from "../commit.ts";
import { readableCompanies } from "../companies/access.ts";
import type { Context } from "../context.ts";
import { type Right, rightBy } from "../rights.ts";
import { readableRecruiters } from "../recruiters/access.ts";
import type { Connection } from "./connection.ts";

export interface NewConnection {
  companyId: string;
  /** The recruiter whom a company invites; without one, the calling recruiter asks. */
  recruiterId: string | null;
  permissions: Partial<Permissions> | null;
  requestMessage: string | null;
  termsAcknowledged: boolean;
}

/** A recruiter asks to work with a company, or a company's admin invites a recruiter. */
export async function openConnection(ctx: Context, given: NewConnection): Promise<Connection> {
  return deciding(
    ctx,
    async () => {
      const recruiterId = given.recruiterId;
      const [[company], [invited]] = await ctx.read(
        select({
          id: companies.id,
          version: companies.version,
          editable: computed<Right>("editable", rightBy(sql`${companies.id} = any((select ops.admin_company_ids())::uuid[])`)),
        })
          .from(companies)
          .where(sql`${companies.id} = ${given.companyId} and ${readableCompanies()}`),
        select({
          id: recruiters.id,
          status: recruiters.status,
          employed: computed<boolean>("employed", sql`network.is_employee(${recruiters.id}, ${given.companyId}::uuid)`),
        })
          .from(recruiters)
          .where(sql`${recruiters.id} = coalesce(${recruiterId}::uuid, (select ops.recruiter_id())) and ${readableRecruiters()}`),
      );
      const asked = readable("company", given.companyId, company);
      const asks = recruiterId === null || recruiterId === ctx.access.recruiterId;
      if (asks) requireAskingRecruiter(ctx, given);
      else if (asked.editable === null) throw forbidden("Only the company's admins invite recruiters.");
      else if (asked.editable === "override") ctx.override();
      if (!invited) throw notFound("recruiter", recruiterId ?? undefined);
      if (invited.employed) throw conflict("Employees of a company are not its recruiters.", { reason: "company_employee" });
      if (!asks && invited.status !== "active") throw conflict("This recruiter is not active.", { reason: "recruiter_not_active" });

      const acknowledged = asks && given.termsAcknowledged;
      const row = newRow(ctx, recruiterCompanies, {
        recruiterId: invited.id,
        companyId: given.companyId,
        permissions: { ...DEFAULT_PERMISSIONS, ...given.permissions },
        invitedBy: asks ? null : ctx.userId,
        requestMessage: given.requestMessage,
        termsAcknowledgedAt: acknowledged ? ctx.now() : null,
        termsAcknowledgedBy: acknowledged ? ctx.userId : null,
      });
      const connection: Connection = { ...row, isRecruiter: asks, isCompany: !asks, isAdmin: ctx.access.isPlatformAdmin };
      return commit(ctx, connection, {
        expect: [unchanged(companies, asked)],
        write: [insert(recruiterCompanies, row)],
        audit: {
          action: asks ? "recruiter_company.requested" : "recruiter_company.invited",
          subject: { type: "recruiter_company", id: row.id },
          after: row,
          companyId: row.companyId,
        },
        events: [opened(row)],
      });
    },
    {
      recruiter_companies_one_open: () =>
        conflict("There is an open connection of this recruiter and this company already.", { reason: "open_connection" }),
    },
  );
}

function requireAskingRecruiter(ctx: Context, given: NewConnection): void {
  const { recruiterId, recruiterStatus } = ctx.access;
  if (!recruiterId) throw forbidden("Only recruiters ask for a connection; name the recruiter whom your company invites.");
  if (recruiterStatus !== "active") throw new Refusal("recruiter_not_active", `Your recruiter account is ${recruiterStatus}.`);
  if (given.permissions) throw forbidden("Permissions are given by the company.");
}
