import type { DomainEvent, EventPayloads, EventType } from "../events/catalogue.ts";
import { FAILING_DAYS } from "../webhooks/failing.ts";

/** Who hears of an event, by their part in it. */
export type Hearer =
  | "invitee"
  /** Who sent the invitation. */
  | "inviter"
  | "candidate"
  | "candidate_recruiter"
  | "company_recruiter"
  | "recruiter"
  | "company"
  | "company_admin"
  /** Whoever earns of the placement. */
  | "earner"
  | "platform_admin"
  | "account_manager"
  | "user";

export type Category =
  | "applications"
  | "interviews"
  | "offers_hires"
  | "placements"
  | "candidates"
  | "jobs_matches"
  | "billing"
  | "security"
  | "invitations"
  | "teams";

/** What a notice may say: names, and the reason somebody gave. Never an address. */
export interface Facts {
  jobTitle: string | null;
  companyName: string | null;
  candidateName: string | null;
  recruiterName: string | null;
  teamName: string | null;
  organizationName: string | null;
  /** A key or client, as its owner calls it. */
  credentialName: string | null;
  /** A webhook endpoint as its owner describes it, else its host. */
  webhookName: string | null;
  reason: string | null;
  /** What a candidate wrote through the platform. */
  message: string | null;
  /** When a candidate can be met, in words. */
  times: string | null;
}

/** One notice to one kind of hearer. */
export interface Notice {
  to: Hearer;
  category: Category;
  template: string;
  subject: (facts: Facts) => string;
  text: (facts: Facts) => string;
  /** In-app only, unless told. */
  mail?: true;
  priority?: "low" | "high" | "urgent";
  /** Leads to the invitation whose token only the mail may carry. */
  invitation?: true;
  /** The page of the console where the hearer reads on, by the id of what the event is about. */
  page?: (subjectId: string) => string;
}

type Rule<T extends EventType> = (payload: EventPayloads[T]) => readonly Notice[];

const job = (facts: Facts): string => facts.jobTitle ?? "the role";
const company = (facts: Facts): string => facts.companyName ?? "the company";
const candidate = (facts: Facts): string => facts.candidateName ?? "the candidate";
const recruiter = (facts: Facts): string => facts.recruiterName ?? "a recruiter";
/** What somebody is invited into: the organization, or one of its companies. */
const tenant = (facts: Facts): string => facts.companyName ?? facts.organizationName ?? "an organization";
const team = (facts: Facts): string => facts.teamName ?? "a team";
const credential = (facts: Facts): string => (facts.credentialName ? `“${facts.credentialName}”` : "your credential");
const endpoint = (facts: Facts): string => (facts.webhookName ? `“${facts.webhookName}”` : "your endpoint");
const because = (facts: Facts): string => (facts.reason ? ` Reason given: ${facts.reason}` : "");

const about = (to: Hearer, category: Category, template: string, subject: Notice["subject"], text: Notice["text"] = subject): Notice => ({
  to,
  category,
  template,
  subject,
  text,
});
const mailed = (notice: Notice, priority?: Notice["priority"]): Notice => ({ ...notice, mail: true, ...(priority ? { priority } : {}) });

/** With the way to what an application's candidate said and did. */
const onApplication = (notice: Notice): Notice => ({ ...notice, page: (id) => `/console/applications/${id}` });

const RECRUITERS = ["candidate_recruiter", "company_recruiter"] as const;
const recruiters = (make: (to: Hearer) => Notice): Notice[] => RECRUITERS.map(make);

/** Why an endpoint was disabled by somebody else than its owner. */
const WHY_DISABLED: Readonly<Record<string, string>> = {
  admin: "We disabled it.",
  gone_410: "It answered 410: whatever was there is gone.",
  failing_5_days: `Nothing sent to it has succeeded for ${FAILING_DAYS} days.`,
  scope_lost: "What it was registered with may no longer manage webhooks.",
  key_leaked: "A key with which it was made or changed has leaked. See that its address is yours, and give it a new secret.",
};

/** Whoever works on an application by mail: its recruiters, and the company once it has reached it. */
const parties = (reachedCompany: boolean, make: (to: Hearer) => Notice): Notice[] =>
  [...RECRUITERS, ...(reachedCompany ? (["company"] as const) : [])].map((to) => onApplication(mailed(make(to))));

/** The parties of a disputed placement; how its fee is split is none of the company's business. */
const toParties = (disputeType: string, make: (to: Hearer) => Notice): Notice[] =>
  (disputeType === "fee_split" ? (["earner"] as const) : (["earner", "company_admin"] as const)).map(make);

/** The mails of an application by its new stage (DOMAIN §6.3). */
const BY_STAGE: Readonly<Record<string, () => readonly Notice[]>> = {
  ai_review: () => [about("candidate", "applications", "stage.ai_review", (f) => `Your application for ${job(f)} is being assessed`)],
  ai_reviewed: () => [
    about("candidate", "applications", "stage.ai_reviewed", (f) => `The assessment of your application for ${job(f)} is ready`),
    about("candidate_recruiter", "applications", "stage.ai_reviewed", (f) => `The assessment of ${candidate(f)} for ${job(f)} is ready`),
  ],
  recruiter_review: () => withYourRecruiter("candidate_recruiter"),
  screen: () => withYourRecruiter("company_recruiter"),
  recruiter_request: () => [
    mailed(
      about("candidate", "applications", "stage.recruiter_request", (f) => `There is a question about your application for ${job(f)}`),
      "high",
    ),
  ],
  submitted: () => [
    mailed(
      about(
        "candidate",
        "applications",
        "stage.submitted",
        (f) => `Your application for ${job(f)} was submitted`,
        (f) => `${company(f)} now has your application for ${job(f)}.`,
      ),
    ),
    ...recruiters((to) => mailed(about(to, "applications", "stage.submitted", (f) => `${candidate(f)} was submitted for ${job(f)}`))),
    mailed(
      about(
        "company",
        "applications",
        "stage.submitted.company",
        (f) => `A new submission for ${job(f)}`,
        (f) => `${candidate(f)} was submitted for ${job(f)}.`,
      ),
    ),
  ],
  company_review: () => progress("is being reviewed by the company"),
  company_feedback: () => progress("is in conversation with the company"),
  interview: () => [
    mailed(
      about(
        "candidate",
        "interviews",
        "stage.interview",
        (f) => `${company(f)} would like to meet you`,
        (f) => `For ${job(f)}: please tell when you have time for an interview.`,
      ),
      "high",
    ),
    ...recruiters((to) =>
      mailed(about(to, "interviews", "stage.interview", (f) => `${candidate(f)} is invited to an interview for ${job(f)}`)),
    ),
  ],
  offer: () => [
    mailed(
      about("candidate", "offers_hires", "stage.offer", (f) => `You have an offer for ${job(f)}`),
      "high",
    ),
    ...recruiters((to) =>
      mailed(
        about(to, "offers_hires", "stage.offer", (f) => `${candidate(f)} has an offer for ${job(f)}`),
        "high",
      ),
    ),
  ],
  hired: () => [
    mailed(
      about(
        "candidate",
        "offers_hires",
        "stage.hired",
        (f) => `Congratulations: ${company(f)} has hired you`,
        (f) => `You are hired for ${job(f)}.`,
      ),
      "high",
    ),
    ...recruiters((to) =>
      mailed(
        about(
          to,
          "offers_hires",
          "stage.hired",
          (f) => `${candidate(f)} is hired for ${job(f)}`,
          () => "Your share and its time line are in your placements.",
        ),
        "high",
      ),
    ),
    mailed(
      about(
        "company",
        "offers_hires",
        "stage.hired.company",
        (f) => `${candidate(f)} is hired for ${job(f)}`,
        () => "The invoice follows when the placement starts.",
      ),
    ),
  ],
  rejected: () => [
    mailed(
      about(
        "candidate",
        "applications",
        "stage.rejected",
        (f) => `Your application for ${job(f)} will not go on`,
        (f) => `Thank you for your interest in ${job(f)}.${because(f)}`,
      ),
    ),
    ...recruiters((to) =>
      mailed(
        about(
          to,
          "applications",
          "stage.rejected",
          (f) => `${candidate(f)} was not taken further for ${job(f)}`,
          (f) => `The application for ${job(f)} has ended.${because(f)}`,
        ),
      ),
    ),
  ],
  expired: () => [
    mailed(about("candidate", "applications", "stage.expired", (f) => `Your application for ${job(f)} has expired`)),
    ...recruiters((to) =>
      mailed(about(to, "applications", "stage.expired", (f) => `The deal of ${candidate(f)} for ${job(f)} has expired`)),
    ),
  ],
};

function withYourRecruiter(reviewer: Hearer): Notice[] {
  return [
    mailed(about("candidate", "applications", "stage.in_review", (f) => `Your application for ${job(f)} is with the recruiter`)),
    mailed(
      about(reviewer, "applications", "stage.review_pending", (f) => `${candidate(f)} for ${job(f)} awaits your review`),
      "high",
    ),
  ];
}

function progress(what: string): Notice[] {
  return [
    mailed(about("candidate", "applications", "stage.progress", (f) => `Your application for ${job(f)} ${what}`)),
    ...recruiters((to) => mailed(about(to, "applications", "stage.progress", (f) => `${candidate(f)} for ${job(f)} ${what}`))),
  ];
}

const REVIEWERS: Readonly<Record<string, Hearer>> = {
  candidate_recruiter: "candidate_recruiter",
  company_recruiter: "company_recruiter",
  company: "company",
};

/** Who hears what of which event. An event without a line is told to nobody. */
const RULES: { readonly [T in EventType]?: Rule<T> } = {
  "user.registered": () => [mailed(about("user", "security", "user.registered", () => "Welcome to Splits Network"))],
  "oauth.reuse_detected": ({ ended }) => [
    mailed(
      about(
        "user",
        "security",
        "oauth.reuse_detected",
        () => "A connected application was signed out",
        () =>
          ended === "grant"
            ? "Copies of its access to your account were used twice within a day, so we ended all of it. Connect it again only if you trust it."
            : "A copy of its access to your account may have been taken, so we ended that sign-in. Sign in to the application again.",
      ),
      "high",
    ),
  ],
  "recruiter.created": () => [
    about("platform_admin", "candidates", "recruiter.created", (f) => `${recruiter(f)} asks to join as a recruiter`),
  ],
  "recruiter.status_changed": ({ new_status }) => [
    mailed(
      about("recruiter", "security", "recruiter.status_changed", () => `Your recruiter account is now ${new_status}`),
      "high",
    ),
  ],
  "candidate.sourced": () => [about("recruiter", "candidates", "candidate.sourced", (f) => `${candidate(f)} counts as brought by you`)],
  "company.sourced": () => [about("recruiter", "candidates", "company.sourced", (f) => `${company(f)} counts as brought by you`)],
  "intake.submitted": () => [
    mailed(
      about(
        "company",
        "jobs_matches",
        "intake.submitted",
        () => "A role was handed in",
        (f) => `Somebody handed in a role for ${company(f)}. It waits in the intake inbox.`,
      ),
    ),
  ],
  "candidate.invited": ({ resend }) => [
    {
      ...mailed(
        about(
          "candidate",
          "invitations",
          "candidate.invited",
          (f) => `${resend ? "Reminder: " : ""}${recruiter(f)} would like to represent you`,
          (f) => `${recruiter(f)} asks for your consent to represent you. Nothing is shared before you agree.`,
        ),
        "high",
      ),
      invitation: true,
    },
  ],
  "candidate.consent_given": () => [
    mailed(about("recruiter", "candidates", "candidate.consent_given", (f) => `${candidate(f)} agreed to be represented by you`)),
  ],
  "candidate.consent_declined": () => [
    mailed(about("recruiter", "candidates", "candidate.consent_declined", (f) => `${candidate(f)} declined to be represented by you`)),
  ],
  "candidate.invitation_cancelled": () => [
    about("candidate", "invitations", "candidate.invitation_cancelled", (f) => `${recruiter(f)} withdrew the invitation`),
  ],
  "candidate.invitation_expired": () => [
    about("recruiter", "invitations", "candidate.invitation_expired", (f) => `Your invitation of ${candidate(f)} has expired`),
  ],
  "recruiter_candidate.terminated": () =>
    (["recruiter", "candidate"] as const).map((to) =>
      mailed(about(to, "candidates", "recruiter_candidate.terminated", () => "A representation has ended")),
    ),
  "recruiter_candidate.expired": () =>
    (["recruiter", "candidate"] as const).map((to) =>
      about(to, "candidates", "recruiter_candidate.expired", () => "A representation has run out"),
    ),
  "recruiter_candidate.renewed": () =>
    (["recruiter", "candidate"] as const).map((to) =>
      about(to, "candidates", "recruiter_candidate.renewed", () => "A representation was renewed"),
    ),
  "invitation.created": ({ role, resend }) => [
    {
      ...mailed(
        about(
          "invitee",
          "invitations",
          "invitation.created",
          (f) => `${resend ? "Reminder: " : ""}You are invited to ${tenant(f)}`,
          (f) => `${tenant(f)} would like you to join it as a ${role.replace("_", " ")}. The invitation is good for seven days.`,
        ),
        "high",
      ),
      invitation: true,
    },
  ],
  "invitation.accepted": () => [
    mailed(about("inviter", "invitations", "invitation.accepted", (f) => `Somebody you invited has joined ${tenant(f)}`)),
  ],
  "invitation.revoked": ({ declined }) => [
    declined
      ? mailed(about("inviter", "invitations", "invitation.declined", (f) => `Somebody you invited does not want to join ${tenant(f)}`))
      : about("invitee", "invitations", "invitation.revoked", (f) => `Your invitation to ${tenant(f)} was taken back`),
  ],
  "invitation.expired": () => [
    about("inviter", "invitations", "invitation.expired", (f) => `Your invitation to ${tenant(f)} has expired unanswered`),
  ],
  "recruiter_company.connection_requested": () => [
    mailed(
      about("company", "invitations", "recruiter_company.connection_requested", (f) => `${recruiter(f)} asks to work with ${company(f)}`),
    ),
  ],
  "recruiter_company.invited": () => [
    mailed(about("recruiter", "invitations", "recruiter_company.invited", (f) => `${company(f)} invites you to work with it`)),
  ],
  "recruiter_company.accepted": () =>
    (["recruiter", "company"] as const).map((to) =>
      about(to, "invitations", "recruiter_company.accepted", (f) => `${recruiter(f)} and ${company(f)} are connected`),
    ),
  "recruiter_company.declined": () =>
    (["recruiter", "company"] as const).map((to) =>
      about(to, "invitations", "recruiter_company.declined", (f) => `${recruiter(f)} and ${company(f)} will not be connected`),
    ),
  "recruiter_company.terminated": () =>
    (["recruiter", "company"] as const).map((to) =>
      mailed(
        about(to, "invitations", "recruiter_company.terminated", (f) => `The connection of ${recruiter(f)} and ${company(f)} has ended`),
      ),
    ),
  "cra.proposed": ({ proposal_type }) => [
    mailed(
      proposal_type === "collaboration"
        ? about("candidate_recruiter", "applications", "cra.proposed", (f) => `Work with ${company(f)} on ${job(f)} for ${candidate(f)}?`)
        : about(
            "candidate",
            "jobs_matches",
            "cra.proposed",
            (f) => `An opportunity for you: ${job(f)}`,
            (f) =>
              `${proposal_type === "company_outreach" ? company(f) : recruiter(f)} proposes ${job(f)} at ${company(f)} to you. Please answer within 72 hours.`,
          ),
      "high",
    ),
  ],
  "cra.accepted": () => recruiters((to) => about(to, "applications", "cra.accepted", (f) => `The proposal of ${job(f)} was accepted`)),
  "cra.declined": () => recruiters((to) => about(to, "applications", "cra.declined", (f) => `${candidate(f)} declined ${job(f)}`)),
  "cra.gate.awaiting_review": ({ gate }) => {
    const to = REVIEWERS[gate];
    return to ? [about(to, "applications", "cra.gate.awaiting_review", (f) => `${candidate(f)} for ${job(f)} awaits your review`)] : [];
  },
  "cra.gate.info_requested": ({ addressee }) =>
    [
      about(
        addressee as Hearer,
        "applications",
        "cra.gate.info_requested",
        (f) => `A question about ${candidate(f)} for ${job(f)} awaits your answer`,
      ),
    ].map((notice) => mailed(notice)),
  "cra.gate.info_provided": ({ gate }) => {
    const to = REVIEWERS[gate];
    return to
      ? [about(to, "applications", "cra.gate.info_provided", (f) => `Your question about ${candidate(f)} for ${job(f)} was answered`)]
      : [];
  },
  "application.submitted": ({ new_stage }) => BY_STAGE[new_stage]?.() ?? [],
  "application.stage_changed": ({ new_stage }) => BY_STAGE[new_stage]?.() ?? [],
  "application.withdrawn": () =>
    recruiters((to) => about(to, "applications", "application.withdrawn", (f) => `${candidate(f)} withdrew from ${job(f)}`)),
  "cra.withdrawn": ({ reached_company }) =>
    reached_company ? [mailed(about("company", "applications", "cra.withdrawn", (f) => `${candidate(f)} withdrew from ${job(f)}`))] : [],
  "application.withdrawal_requested": ({ reached_company }) =>
    parties(reached_company, (to) =>
      about(
        to,
        "applications",
        "application.withdrawal_requested",
        (f) => `${candidate(f)} wishes to withdraw from ${job(f)}`,
        (f) => `${candidate(f)} asked to withdraw from ${job(f)}. It takes effect in 24 hours, unless they change their mind.`,
      ),
    ),
  "application.withdrawal_undone": ({ reached_company }) =>
    parties(reached_company, (to) =>
      about(to, "applications", "application.withdrawal_undone", (f) => `${candidate(f)} stays in for ${job(f)}`),
    ),
  "application.document_added": () =>
    recruiters((to) =>
      onApplication(about(to, "applications", "application.document_added", (f) => `${candidate(f)} added a document for ${job(f)}`)),
    ),
  "application.availability_given": ({ reached_company }) =>
    parties(reached_company, (to) =>
      about(
        to,
        "interviews",
        "application.availability_given",
        (f) => `${candidate(f)} told when they can be met for ${job(f)}`,
        (f) => `${candidate(f)} can be met for ${job(f)}: ${f.times ?? "see the application"}.`,
      ),
    ),
  "application.message_sent": ({ candidate_recruiter_id, company_recruiter_id, reached_company }) => {
    const to = candidate_recruiter_id
      ? "candidate_recruiter"
      : company_recruiter_id
        ? "company_recruiter"
        : reached_company
          ? "company"
          : "platform_admin";
    return [
      onApplication(
        mailed(
          about(
            to,
            "applications",
            "application.message_sent",
            (f) => `${candidate(f)} wrote to you about ${job(f)}`,
            (f) => `${candidate(f)} writes about ${job(f)}: ${f.message ?? ""}`,
          ),
          "high",
        ),
      ),
    ];
  },
  "candidate.privacy_requested": ({ kind, candidate_id, privacy_request_id }) =>
    kind === "erasure"
      ? [
          {
            ...mailed(
              about(
                "platform_admin",
                "security",
                "candidate.privacy_requested",
                () => "A candidate asks to be deleted",
                () => `Privacy request ${privacy_request_id} of candidate ${candidate_id}. The law asks for an answer within a month.`,
              ),
              "high",
            ),
            page: () => "/console/admin/privacy",
          },
        ]
      : [],
  "application.expiration_warning": () =>
    recruiters((to) =>
      about(to, "applications", "application.expiration_warning", (f) => `The deal of ${candidate(f)} for ${job(f)} expires in two days`),
    ),
  "application.offer_accepted": () => [
    mailed(
      about("company", "offers_hires", "application.offer_accepted", (f) => `${candidate(f)} accepted your offer for ${job(f)}`),
      "high",
    ),
    ...recruiters((to) =>
      about(to, "offers_hires", "application.offer_accepted", (f) => `${candidate(f)} accepted the offer for ${job(f)}`),
    ),
  ],
  "placement.created": () => [about("company", "placements", "placement.created", (f) => `The placement of ${candidate(f)} is recorded`)],
  "placement.activated": () => [about("company", "placements", "placement.activated", (f) => `${candidate(f)} has started`)],
  "placement.completed": () => [
    about("company", "placements", "placement.completed", (f) => `The guarantee for ${candidate(f)} has ended`),
  ],
  "placement.failed": () => [
    mailed(
      about(
        "company",
        "placements",
        "placement.failed",
        (f) => `The placement of ${candidate(f)} has ended inside its guarantee`,
        () => "You may hire somebody else for the same role within 60 days; what was invoiced is set off against it.",
      ),
    ),
  ],
  "payout.processed": ({ net_cents }) =>
    net_cents > 0 ? [mailed(about("recruiter", "billing", "payout.processed", () => "Your share of a placement was paid"))] : [],
  "payout.failed": ({ final }) =>
    final
      ? [
          mailed(
            about("platform_admin", "billing", "payout.failed", (f) => `A payout to ${recruiter(f)} was refused for good`),
            "high",
          ),
        ]
      : [],
  "payout.connect_required": () => [
    mailed(
      about("recruiter", "billing", "payout.connect_required", () => "A payout waits for your account: please set it up"),
      "high",
    ),
  ],
  "payout.held": ({ reason }) =>
    reason === "connect_required" ? [] : [about("recruiter", "billing", "payout.held", () => "Your share of a placement has to wait")],
  "payout.reversed": () => [
    mailed(about("recruiter", "billing", "payout.reversed", () => "Your share of a placement was taken back from your account")),
  ],
  "debt.opened": () => [
    mailed(
      about("recruiter", "billing", "debt.opened", () => "A share that you were paid is asked back; your next payouts settle what is open"),
    ),
  ],
  "payout.cancelled": () => [
    mailed(
      about(
        "recruiter",
        "placements",
        "payout.cancelled",
        () => "A share of yours will not be paid",
        () => "The placement has ended inside its guarantee, or the share was taken back. Your statements say which.",
      ),
    ),
  ],
  "invoice.finalized": () => [mailed(about("company_admin", "billing", "invoice.finalized", () => "An invoice for a placement is ready"))],
  "invoice.paid": () => [about("company_admin", "billing", "invoice.paid", () => "Thank you: an invoice for a placement is paid")],
  "invoice.overdue": ({ days_overdue }) => [
    mailed(
      about("company_admin", "billing", "invoice.overdue", () =>
        days_overdue === 0 ? "An invoice for a placement is due today" : `An invoice for a placement is ${days_overdue} days overdue`,
      ),
      "high",
    ),
  ],
  "invoice.payment_failed": () => [
    mailed(
      about("company_admin", "billing", "invoice.payment_failed", () => "The payment of an invoice for a placement failed"),
      "high",
    ),
  ],
  "invoice.refunded": () => [
    mailed(about("company_admin", "billing", "invoice.refunded", () => "Money for a placement is on its way back to you")),
  ],
  "placement_credit.opened": () => [
    mailed(
      about(
        "company_admin",
        "billing",
        "placement_credit.opened",
        () => "You have a credit for a replacement",
        () => "It is good for 60 days and for the same role. What is not used by then is given back.",
      ),
    ),
  ],
  "guarantee.expiring": ({ days_remaining }) => [
    about("company", "placements", "guarantee.expiring", (f) => `The guarantee for ${candidate(f)} ends in ${days_remaining} days`),
  ],
  "team.invitation_sent": () => [
    {
      ...mailed(
        about(
          "invitee",
          "invitations",
          "team.invitation_sent",
          (f) => `You are invited to the team ${team(f)}`,
          (f) => `${team(f)} would like you to join it as a recruiter. The invitation is good for seven days.`,
        ),
        "high",
      ),
      invitation: true,
    },
  ],
  "subscription.past_due": () => [
    mailed(
      about(
        "user",
        "billing",
        "subscription.past_due",
        () => "A payment for your plan failed",
        () => "Your plan's rates stay for seven days. Please look at your payment method.",
      ),
      "high",
    ),
  ],
  "subscription.canceled": () => [mailed(about("user", "billing", "subscription.canceled", () => "Your plan has ended"))],
  "recruiter.connect_changed": ({ onboarded }) =>
    onboarded
      ? [mailed(about("recruiter", "billing", "recruiter.connect_ready", () => "Your account for payouts is ready"))]
      : [
          mailed(
            about(
              "recruiter",
              "billing",
              "recruiter.connect_lost",
              () => "Your account for payouts needs your attention",
              () => "Until it is completed again nothing can be paid to you.",
            ),
            "high",
          ),
        ],
  "recruiter.bank_payout_failed": () => [
    mailed(
      about(
        "recruiter",
        "billing",
        "recruiter.bank_payout_failed",
        () => "Your bank refused a payment",
        () => "The money is in your account for payouts. Please look at the bank account that it names.",
      ),
      "high",
    ),
  ],
  "account.overage_reached": ({ percent }) => [
    mailed(
      about(
        "account_manager",
        "billing",
        "account.overage_reached",
        () => `${percent} % of this month's API spend cap is drawn`,
        () =>
          percent < 100
            ? "Requests beyond your plan's limit are paid for up to the cap. You can change it in your account plan."
            : "Requests beyond your plan's limit are refused until you raise the cap, or the month ends.",
      ),
      ...(percent < 100 ? [] : (["high"] as const)),
    ),
  ],
  "approval.requested": () => [
    mailed(about("platform_admin", "security", "approval.requested", () => "Something about money waits for a second admin")),
  ],
  "api_access.requested": () => [
    mailed(about("platform_admin", "security", "api_access.requested", (f) => `Access to the API is asked for: ${credential(f)}`)),
  ],
  "api_access.decided": ({ decision }) => [
    mailed(
      about(
        "user",
        "security",
        "api_access.decided",
        (f) => `Access to the API for ${credential(f)} was ${decision}`,
        (f) => (decision === "approved" ? `${credential(f)} may use the API now.` : `${credential(f)} may not use the API.${because(f)}`),
      ),
    ),
  ],
  "api_credential.suspended": ({ cause }) => [
    mailed(
      about(
        "user",
        "security",
        "api_credential.suspended",
        (f) => `${credential(f)} may not use the API any more`,
        (f) =>
          cause === "leak"
            ? `The secret of ${credential(f)} was found in public, so it was shut off at once. Make or rotate a secret, and ask us to let it in again.`
            : `${credential(f)} was suspended.${because(f)}`,
      ),
      "urgent",
    ),
  ],
  "api_credential.unsuspended": () => [
    mailed(about("user", "security", "api_credential.unsuspended", (f) => `${credential(f)} may use the API again`)),
  ],
  "api_key.orphaned": () => [
    mailed(
      about(
        "company_admin",
        "security",
        "api_key.orphaned",
        (f) => `The key ${credential(f)} is suspended: whoever made it has left`,
        () => "Adopt it by POST /api/v1/api-keys/{id}/adopt, which gives it a new secret, or revoke it.",
      ),
      "high",
    ),
  ],
  "api_key.expiring": ({ days }) => [
    mailed(
      about(
        "user",
        "security",
        "api_key.expiring",
        (f) => `The key ${credential(f)} ends in ${days} days or less`,
        () => "A key's end does not move. Make another key in time; it waits for approval first.",
      ),
      days <= 3 ? "high" : undefined,
    ),
  ],
  "webhook.failing": ({ percent }) => [
    mailed(
      about(
        "user",
        "security",
        "webhook.failing",
        (f) => `The webhook endpoint ${endpoint(f)} goes on failing`,
        (f) =>
          `Nothing sent to ${endpoint(f)} has succeeded for ${(FAILING_DAYS * percent) / 100} days. After ${FAILING_DAYS} days it is disabled. Its attempts are in the console.`,
      ),
      "high",
    ),
  ],
  "webhook.disabled": ({ disabled_reason: reason }) => {
    if (reason === "owner_gone")
      return [
        mailed(
          about(
            "account_manager",
            "security",
            "webhook.disabled",
            (f) => `The webhook endpoint ${endpoint(f)} hears nothing: whoever owned it has left`,
            () => "Adopt it in the console, or by POST /api/v1/webhooks/{id}/adopt, which gives it a new secret; or delete it.",
          ),
          "high",
        ),
      ];
    const why = WHY_DISABLED[reason];
    if (why === undefined) return []; // its owner did it
    return [
      mailed(
        about(
          "user",
          "security",
          "webhook.disabled",
          (f) => `The webhook endpoint ${endpoint(f)} was disabled`,
          () =>
            `${why} What happens meanwhile is kept for 30 days; ${reason === "admin" ? "write to support." : "enable it again and replay what it missed."}`,
        ),
        "high",
      ),
    ];
  },
  "switch.changed": ({ name, enabled }) => [
    mailed(
      about("platform_admin", "security", "switch.changed", () => `${name} is now ${enabled ? "on" : "off"}`),
      "urgent",
    ),
  ],
  "reconciliation.break_opened": ({ kind, severity }) => {
    const notice = about("platform_admin", "billing", "reconciliation.break_opened", () => `Our books and Stripe's differ: ${kind}`);
    return [severity === "critical" ? mailed(notice, "urgent") : notice];
  },
  "webhooks.success_rate_low": ({ succeeded, dead }) => [
    mailed(
      about(
        "platform_admin",
        "security",
        "webhooks.success_rate_low",
        () => "Too few webhooks arrive",
        () => `Of ${succeeded + dead} deliveries that became final in the last 24 hours, ${dead} did not arrive.`,
      ),
      "urgent",
    ),
  ],
  "pipeline.failed": ({ queue }) => {
    const notice = about(
      "platform_admin",
      "security",
      "pipeline.failed",
      () => `Somebody has to look at ${queue}`,
      () => "A queue gave a message up, or an entrance refused too many. It stands among the pipeline failures until somebody resolves it.",
    );
    return [queue === "mail" ? notice : mailed(notice, "urgent")]; // no mail tells that mail does not go out
  },
  "dispute.opened": ({ dispute_type }) => [
    mailed(
      about("platform_admin", "placements", "dispute.opened", () => "A placement is disputed; its payouts wait"),
      "high",
    ),
    ...toParties(dispute_type, (to) =>
      mailed(about(to, "placements", "dispute.opened", () => "A placement is disputed; what is not paid of it waits until it is decided")),
    ),
  ],
  "dispute.updated": ({ dispute_type, new_status }) =>
    new_status === "resolved" || new_status === "dismissed"
      ? toParties(dispute_type, (to) => mailed(about(to, "placements", "dispute.ended", () => "The dispute about a placement is decided")))
      : [],
  "contract.approved": () => [
    mailed(about("company_admin", "billing", "contract.approved", (f) => `The contract with ${company(f)} is in force`)),
  ],
  "contract.expiring": ({ days }) => [
    mailed(about("platform_admin", "billing", "contract.expiring", (f) => `The contract with ${company(f)} ends in ${days} days or less`)),
  ],
  "contract.shortfall": ({ placements, promised }) => [
    mailed(
      about(
        "platform_admin",
        "billing",
        "contract.shortfall",
        (f) => `${company(f)} made ${placements} of ${promised} placements in its contract year`,
      ),
    ),
  ],
};

/** Every event somebody is told of. */
export const NOTICED_EVENTS = Object.keys(RULES) as EventType[];

/** The notices of one event. */
export function noticesOf(event: DomainEvent): readonly Notice[] {
  const rule = RULES[event.type] as ((payload: DomainEvent["payload"]) => readonly Notice[]) | undefined;
  return rule?.(event.payload) ?? [];
}
