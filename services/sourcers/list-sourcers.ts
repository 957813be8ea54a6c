import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import { requireAttribution } from "./access.ts";
import { type CandidateSourcer, candidateSourcerNoun, type CompanySourcer, companySourcerNoun } from "./sourcer.ts";

const list =
  <Row extends { id: string }>(noun: Noun<Row>) =>
  async (ctx: Context, query: ListQuery): Promise<Page<Row>> => {
    const page = await listOf<Row>(ctx, noun, query);
    requireAttribution(ctx);
    return page;
  };

const get =
  <Row extends { id: string }>(noun: Noun<Row>) =>
  (ctx: Context, id: string, include: readonly string[]): Promise<Included<Row>> =>
    getOne<Row>(ctx, noun, id, include);

/** One page of the attributions the caller may see: their own, or all for platform admins. */
export const listCandidateSourcers = list<CandidateSourcer>(candidateSourcerNoun);
export const listCompanySourcers = list<CompanySourcer>(companySourcerNoun);

/** One attribution, or 404. */
export const getCandidateSourcer = get<CandidateSourcer>(candidateSourcerNoun);
export const getCompanySourcer = get<CompanySourcer>(companySourcerNoun);
