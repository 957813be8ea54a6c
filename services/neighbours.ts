import { type SQL, sql } from "drizzle-orm";
import { candidates, companies, jobs } from "#db/schema/ats.ts";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import type { Statement } from "./context.ts";
import type { Include } from "./listing.ts";

// What a row tells of a row beside it, alike wherever it is included. `ids` makes the neighbours' ids, a
// subquery, of those of the page; `parentKey` is the row's field that names its neighbour.

type Ids = (page: SQL) => SQL;

const one = (rows: (page: SQL) => Statement, parentKey: string): Include => ({ rows, parentKey, childKey: "id", many: false });

export const companyOf = (ids: Ids, parentKey = "companyId"): Include =>
  one(
    (page) =>
      select({ id: companies.id, name: companies.name, slug: companies.slug, industry: companies.industry, logoUrl: companies.logoUrl })
        .from(companies)
        .where(sql`${companies.id} in ${ids(page)}`),
    parentKey,
  );

export const jobOf = (ids: Ids, parentKey = "jobId"): Include =>
  one(
    (page) =>
      select({ id: jobs.id, title: jobs.title, companyId: jobs.companyId, location: jobs.location, status: jobs.status })
        .from(jobs)
        .where(sql`${jobs.id} in ${ids(page)}`),
    parentKey,
  );

export const candidateOf = (ids: Ids, parentKey = "candidateId"): Include =>
  one(
    (page) =>
      select({ id: candidates.id, fullName: candidates.fullName, currentTitle: candidates.currentTitle })
        .from(candidates)
        .where(sql`${candidates.id} in ${ids(page)}`),
    parentKey,
  );

export const recruiterOf = (ids: Ids, parentKey = "recruiterId"): Include =>
  one(
    (page) =>
      select({ id: recruiters.id, name: recruiters.name, tagline: recruiters.tagline })
        .from(recruiters)
        .where(sql`${recruiters.id} in ${ids(page)}`),
    parentKey,
  );
