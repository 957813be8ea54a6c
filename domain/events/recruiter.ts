import { event, type DomainEvent } from "./catalogue.ts";

interface RecruiterFacts {
  id: string;
  status: string;
}

const subject = (recruiter: RecruiterFacts) => ({ type: "recruiter", id: recruiter.id });

export const recruiterCreated = (recruiter: RecruiterFacts): DomainEvent =>
  event("recruiter.created", subject(recruiter), { recruiter_id: recruiter.id });

export const recruiterStatusChanged = (before: RecruiterFacts, after: RecruiterFacts): DomainEvent =>
  event("recruiter.status_changed", subject(after), {
    recruiter_id: after.id,
    old_status: before.status,
    new_status: after.status,
  });

/** Whether shares can be sent to the recruiter has changed. */
export const connectChanged = (recruiter: RecruiterFacts, onboarded: boolean): DomainEvent =>
  event("recruiter.connect_changed", subject(recruiter), { recruiter_id: recruiter.id, onboarded });

/** The recruiter's bank refused money from their account for payouts. */
export const bankPayoutFailed = (recruiter: RecruiterFacts): DomainEvent =>
  event("recruiter.bank_payout_failed", subject(recruiter), { recruiter_id: recruiter.id });
