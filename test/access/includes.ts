import {
  ACME,
  ADMIN,
  BETA,
  CANDIDATE_SIDE,
  CANDIDATES,
  COMPANIES,
  DEAL_RECRUITERS,
  EVERYBODY,
  MATRIX,
  NO_ADMINS,
  PARTIES,
  readersOf,
  RECRUITERS,
  TEAM,
} from "./matrix.ts";
import type { Actor } from "./world.ts";

// What each include shows, of which row which others and to whom, written by hand from DOMAIN §1.4 as
// the matrix is. A row that is not named here as a parent shows nothing to anybody.

type Readers = readonly Actor[];

export interface IncludeAccess {
  /** Who may never ask for it: 403. */
  refused?: Readers;
  /** Of each row of the list, the rows included and who sees them. */
  shows: Readonly<Record<string, Readonly<Record<string, Readers>>>>;
  /** What is hidden of an included row from some who see it. */
  fields?: Readonly<Record<string, Readonly<Record<string, Readers>>>>;
}

/** Each row with the one beside it, which whoever sees the row sees with it. */
const beside = (rows: Readonly<Record<string, string>>): IncludeAccess["shows"] =>
  Object.fromEntries(Object.entries(rows).map(([row, neighbour]) => [row, { [neighbour]: EVERYBODY }]));

const of = (resource: string, row: string): Readonly<Record<string, Readers>> => ({ [row]: readersOf(resource, row) });

/** Rows as the list of their own resource shows them. */
const asListed = (resource: string, ...rows: string[]): Readonly<Record<string, Readers>> =>
  Object.assign({}, ...rows.map((row) => of(resource, row)));

const NOT_ACME_ADMINS = EVERYBODY.filter((actor) => !["platformAdmin", "companyAdmin", "rivalAdmin"].includes(actor));
const NO_EARNERS = ["anonymous", "roleless", ...COMPANIES, ...CANDIDATES] as const;
const ROLES = ["candidate_recruiter", "company_recruiter", "job_owner", "candidate_sourcer", "company_sourcer"] as const;

const JOB_OF = {
  reached: "open job",
  gated: "open job",
  hired: "filled job",
  interview: "Beta's job",
  draft: "Beta's job",
  past: "Rival's job",
  denied: "Rival's job",
  stuck: "Rival's job",
  proposed: "Rival's job",
} as const;
const CANDIDATE_OF = {
  reached: "candidate candidate",
  gated: "candidate guarded",
  hired: "candidate candidate",
  interview: "candidate guarded",
  draft: "candidate candidate",
  past: "candidate past",
  denied: "candidate guarded",
  stuck: "candidate other",
  proposed: "candidate candidate",
} as const;
const CANDIDATE_RECRUITER_OF = {
  reached: "recruiter candidateRecruiter",
  gated: "recruiter candidateRecruiter",
  hired: "recruiter candidateRecruiter",
  interview: "recruiter candidateRecruiter",
  draft: "recruiter candidateRecruiter",
  past: "recruiter suspendedRecruiter",
  denied: "recruiter candidateRecruiter",
  proposed: "recruiter candidateRecruiter",
} as const;

const named = (noun: "application" | "deal", of: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(of)
      // a draft has no deal yet
      .filter(([name]) => noun === "application" || name !== "draft")
      .map(([name, value]) => [`${name} ${noun}`, value]),
  );

const TEAM_MEMBERS = TEAM.map((actor) => `member ${actor}`);
const JOBS = ["open job", "filled job", "draft job", "invite-only job"];
const REQUIREMENTS = { "open job": "requirement of open job", "draft job": "requirement of draft job" };
const QUESTIONS = {
  "open job": "question of open job",
  "draft job": "question of draft job",
  "Beta's job": "question of Beta's job",
};

const payouts: Readonly<Record<string, IncludeAccess>> = {
  split: { shows: beside(Object.fromEntries(ROLES.map((role) => [`payout ${role}`, `split ${role}`]))) },
  placement: {
    shows: beside(Object.fromEntries(ROLES.map((role) => [`payout ${role}`, "placement"]))),
    fields: { placement: { placement_fee_cents: [], candidate_id: [] } },
  },
  conditions: { shows: beside(Object.fromEntries(ROLES.map((role) => [`payout ${role}`, "shown"]))) },
};

export const INCLUDES: Readonly<Record<string, Readonly<Record<string, IncludeAccess>>>> = {
  users: {
    memberships: {
      shows: {
        ...Object.fromEntries(COMPANIES.map((actor) => [`user ${actor}`, asListed("memberships", `membership ${actor}`)])),
        "user moonlighter": asListed("memberships", "membership of moonlighter in Acme", "membership of moonlighter in Rival"),
      },
    },
    // the people of one's organization are known there by what they are in it
    roles: {
      shows: {
        "user platformAdmin": { platform_admin: ADMIN },
        "user companyAdmin": { company_admin: [...ADMIN, ...BETA] },
        "user hiringManager": { hiring_manager: [...ADMIN, ...BETA] },
        "user betaManager": { hiring_manager: [...ADMIN, ...BETA] },
        "user rivalAdmin": { company_admin: [...ADMIN, "rivalAdmin"] },
        "user moonlighter": { hiring_manager: [...ADMIN, ...BETA, "rivalAdmin"], recruiter: ADMIN },
        ...Object.fromEntries(RECRUITERS.map((actor) => [`user ${actor}`, { recruiter: [...ADMIN, actor] }])),
        ...Object.fromEntries(CANDIDATES.map((actor) => [`user ${actor}`, { candidate: [...ADMIN, actor] }])),
      },
    },
  },
  organizations: {
    memberships: {
      shows: {
        "Acme's organization": asListed(
          "memberships",
          "membership companyAdmin",
          "membership hiringManager",
          "membership betaManager",
          "membership of moonlighter in Acme",
        ),
        "Rival's organization": asListed("memberships", "membership rivalAdmin", "membership of moonlighter in Rival"),
      },
    },
    // a manager of Beta alone does not meet the unlisted company beside it
    companies: {
      shows: {
        "Acme's organization": asListed("companies", "Acme", "Beta", "Gamma"),
        "Rival's organization": asListed("companies", "Rival", "Shadow"),
      },
    },
  },
  memberships: {
    user: {
      shows: beside({
        ...Object.fromEntries(COMPANIES.map((actor) => [`membership ${actor}`, `user ${actor}`])),
        "membership of moonlighter in Acme": "user moonlighter",
        "membership of moonlighter in Rival": "user moonlighter",
      }),
    },
  },
  companies: { sourcer: { refused: NO_ADMINS, shows: { Acme: { "recruiter companySourcer": ADMIN } } } },
  jobs: {
    company: {
      shows: beside({
        ...Object.fromEntries(JOBS.map((job) => [job, "Acme"])),
        "Beta's job": "Beta",
        "Beta's draft": "Beta",
        "Rival's job": "Rival",
        "Rival's draft": "Rival",
      }),
    },
    requirements: { shows: beside(REQUIREMENTS) },
    pre_screen_questions: { shows: beside(QUESTIONS) },
    // one's own as recruiter or candidate, and nobody else's
    my_deals: {
      shows: {
        "open job": { "reached deal": [...DEAL_RECRUITERS, "candidate"], "gated deal": DEAL_RECRUITERS },
        "filled job": { "hired deal": [...DEAL_RECRUITERS, "candidate"] },
        "Beta's job": { "interview deal": ["candidateRecruiter"] },
        "Rival's job": {
          "past deal": ["suspendedRecruiter"],
          "denied deal": ["candidateRecruiter"],
          "stuck deal": ["suspendedRecruiter", "otherCandidate"],
          "proposed deal": ["candidateRecruiter", "candidate"],
        },
      },
    },
  },
  "job-pre-screen-answers": {
    question: { shows: beside({ "answer on reached": "question of open job", "answer on draft": "question of Beta's job" }) },
  },
  applications: {
    candidate: { shows: beside(named("application", CANDIDATE_OF)), fields: { "candidate candidate": { email: [], phone: [] } } },
    job: { shows: beside(named("application", JOB_OF)), fields: { "open job": { fee_percentage: [] } } },
    recruiter: {
      shows: beside(named("application", CANDIDATE_RECRUITER_OF)),
      fields: { "recruiter candidateRecruiter": { email: [], phone: [] } },
    },
    documents: { shows: beside({ "reached application": "document of reached" }) },
    pre_screen_answers: { shows: beside({ "reached application": "answer on reached", "draft application": "answer on draft" }) },
    // recruiters: their deals'; the company: what happened on its side; the candidate: where it stood
    audit_log: {
      shows: {
        "reached application": {
          "entry of the company's stage": PARTIES,
          "entry of the recruiter's stage": [...CANDIDATE_SIDE, "companyRecruiter"],
          "entry of another change": [...ADMIN, ...ACME, ...DEAL_RECRUITERS],
          "entry of the draft's words": [...ADMIN, ...DEAL_RECRUITERS],
        },
        "hired application": { "entry of the hire": PARTIES },
      },
    },
    job_requirements: {
      shows: beside({ "reached application": "requirement of open job", "gated application": "requirement of open job" }),
    },
    ai_review: { shows: beside({ "reached application": "review of reached", "gated application": "review of gated" }) },
    cra: {
      shows: beside(
        named("application", Object.fromEntries(Object.keys(JOB_OF).flatMap((name) => (name === "draft" ? [] : [[name, `${name} deal`]])))),
      ),
    },
    notes: { shows: { "reached application": asListed("application-notes", "shared note", "company's note", "candidate's note") } },
    placement: {
      shows: beside({ "hired application": "placement" }),
      fields: { placement: { placement_fee_cents: [], salary_cents: [] } },
    },
  },
  "application-notes": {
    author: {
      shows: beside({
        "shared note": "user candidateRecruiter",
        "company's note": "user companyAdmin",
        "candidate's note": "user candidate",
      }),
      fields: { "user companyAdmin": { email: [] } },
    },
  },
  "candidate-role-assignments": {
    // owner, sourcers and the admin of a stuck deal know where it stands, and not who it is about
    candidate: {
      shows: {
        "reached deal": { "candidate candidate": PARTIES },
        "hired deal": { "candidate candidate": PARTIES },
        "gated deal": { "candidate guarded": [...ADMIN, ...DEAL_RECRUITERS] },
        "interview deal": { "candidate guarded": [...ADMIN, ...BETA, "candidateRecruiter"] },
        "past deal": { "candidate past": [...ADMIN, "rivalAdmin", "suspendedRecruiter"] },
        "denied deal": { "candidate guarded": [...ADMIN, "candidateRecruiter"] },
        "stuck deal": { "candidate other": [...ADMIN, "suspendedRecruiter", "otherCandidate"] },
        "proposed deal": { "candidate candidate": CANDIDATE_SIDE },
      },
      fields: { "candidate candidate": { email: [] } },
    },
    job: { shows: beside(named("deal", JOB_OF)), fields: { "open job": { fee_percentage: [] } } },
    candidate_recruiter: { shows: beside(named("deal", CANDIDATE_RECRUITER_OF)) },
    company_recruiter: {
      shows: beside({
        "reached deal": "recruiter companyRecruiter",
        "gated deal": "recruiter companyRecruiter",
        "hired deal": "recruiter companyRecruiter",
        "stuck deal": "recruiter suspendedRecruiter",
      }),
    },
    feedback: { shows: { "reached deal": MATRIX["cra-gate-feedback"]?.rows ?? {} } },
    sourcers: {
      refused: NO_ADMINS,
      shows: Object.fromEntries(
        ["reached", "gated", "hired", "interview", "past", "denied", "stuck", "proposed"].map((name) => [
          `${name} deal`,
          { [`${name} deal`]: ADMIN },
        ]),
      ),
    },
  },
  "cra-gate-feedback": {
    author: {
      shows: beside({
        "note at candidate recruiter's gate": "user candidateRecruiter",
        "question to candidate": "user candidateRecruiter",
        "answer of candidate": "user candidate",
        "note at company recruiter's gate": "user companyRecruiter",
        "note at company's gate": "user companyAdmin",
        "shared feedback": "user companyAdmin",
      }),
      fields: { "user candidateRecruiter": { email: [] } },
    },
  },
  candidates: {
    applications: {
      shows: {
        "candidate candidate": asListed(
          "applications",
          "reached application",
          "hired application",
          "proposed application",
          "draft application",
        ),
        "candidate guarded": asListed("applications", "gated application", "interview application", "denied application"),
        "candidate past": asListed("applications", "past application"),
        "candidate other": asListed("applications", "stuck application"),
      },
    },
    recruiter_candidates: {
      refused: COMPANIES,
      shows: {
        "candidate candidate": asListed("recruiter-candidates", "relationship of candidate"),
        "candidate guarded": asListed("recruiter-candidates", "relationship of guarded"),
        "candidate past": asListed("recruiter-candidates", "ended relationship"),
        "candidate unmet": asListed("recruiter-candidates", "invitation"),
      },
    },
    // a public profile shows none
    documents: {
      shows: {
        "candidate candidate": { "resume of candidate": PARTIES },
        "candidate other": { "resume of other": [...ADMIN, "suspendedRecruiter", "otherCandidate"] },
      },
    },
    user: {
      shows: {
        "candidate candidate": { "user candidate": PARTIES },
        "candidate other": { "user otherCandidate": [...ADMIN, "suspendedRecruiter", "otherCandidate"] },
      },
      fields: { "user candidate": { email: PARTIES } },
    },
  },
  recruiters: {
    user: {
      refused: ["anonymous", "roleless", ...COMPANIES, ...CANDIDATES],
      shows: {
        ...Object.fromEntries(RECRUITERS.map((actor) => [`recruiter ${actor}`, { [`user ${actor}`]: [...ADMIN, actor] }])),
        "recruiter moonlighter": { "user moonlighter": ADMIN },
      },
    },
    reputation: {
      refused: NO_ADMINS,
      // it begins with the first deal or hire
      shows: Object.fromEntries(
        [...DEAL_RECRUITERS, "teamMember", "companySourcer"].map((actor) => [`recruiter ${actor}`, { [`recruiter ${actor}`]: ADMIN }]),
      ),
    },
    team: {
      refused: NO_EARNERS,
      shows: Object.fromEntries(TEAM.map((actor) => [`recruiter ${actor}`, { team: [...ADMIN, ...TEAM] }])),
    },
  },
  "recruiter-candidates": {
    recruiter: {
      shows: beside({
        "relationship of candidate": "recruiter candidateRecruiter",
        "relationship of guarded": "recruiter candidateRecruiter",
        "ended relationship": "recruiter suspendedRecruiter",
        invitation: "recruiter otherRecruiter",
      }),
      fields: { "recruiter candidateRecruiter": { phone: [...ADMIN, "candidateRecruiter"] } },
    },
    // an invitation alone shows nobody
    candidate: {
      shows: {
        "relationship of candidate": { "candidate candidate": CANDIDATE_SIDE },
        "relationship of guarded": { "candidate guarded": [...ADMIN, "candidateRecruiter"] },
        "ended relationship": { "candidate past": [...ADMIN, "suspendedRecruiter"] },
        invitation: { "candidate unmet": ADMIN },
      },
    },
  },
  "recruiter-companies": {
    recruiter: {
      shows: beside({
        "connection of company recruiter": "recruiter companyRecruiter",
        "connection of job owner": "recruiter teamMember",
        "requested connection": "recruiter otherRecruiter",
      }),
      fields: { "recruiter companyRecruiter": { email: [...ADMIN, "companyRecruiter"] } },
    },
    company: {
      shows: beside({
        "connection of company recruiter": "Acme",
        "connection of job owner": "Acme",
        "requested connection": "Rival",
      }),
      fields: { Acme: { settings: [] } },
    },
  },
  "candidate-sourcers": {
    candidate: { shows: { "sourcer of candidate": { "candidate candidate": [...ADMIN, "candidateRecruiter"] } } },
    recruiter: {
      shows: beside({ "sourcer of candidate": "recruiter candidateRecruiter", "sourcer of removed": "recruiter otherRecruiter" }),
    },
  },
  "company-sourcers": {
    company: { shows: beside({ "sourcer of Acme": "Acme" }), fields: { Acme: { settings: [] } } },
    recruiter: { shows: beside({ "sourcer of Acme": "recruiter companySourcer" }) },
  },
  placements: {
    job: { shows: beside({ placement: "filled job" }) },
    candidate: { shows: beside({ placement: "candidate candidate" }), fields: { "candidate candidate": { email: [] } } },
    company: { shows: beside({ placement: "Acme" }), fields: { Acme: { settings: [] } } },
    snapshot: {
      refused: ["hiringManager", "betaManager", ...CANDIDATES],
      shows: { placement: asListed("placement-snapshots", "placement") },
      fields: { placement: MATRIX["placement-snapshots"]?.fields?.["placement"] ?? {} },
    },
    splits: {
      refused: NO_EARNERS,
      shows: { placement: MATRIX["placement-splits"]?.rows ?? {} },
    },
    transactions: {
      refused: NO_EARNERS,
      shows: { placement: MATRIX["payout-transactions"]?.rows ?? {} },
    },
    invoice: {
      refused: ["hiringManager", "betaManager", ...CANDIDATES],
      shows: { placement: asListed("placement-invoices", "invoice of placement") },
      fields: { "invoice of placement": { amount_due_cents: [...ADMIN, "companyAdmin"] } },
    },
    hold: {
      refused: NOT_ACME_ADMINS,
      shows: { placement: { "hold of placement": [...ADMIN, "companyAdmin"] } },
    },
  },
  "placement-invoices": {
    lines: { refused: NOT_ACME_ADMINS, shows: { "invoice of placement": { fee: [...ADMIN, "companyAdmin"] } } },
    payments: { refused: NOT_ACME_ADMINS, shows: { "invoice of placement": { "payment of invoice": [...ADMIN, "companyAdmin"] } } },
    credits: { refused: NOT_ACME_ADMINS, shows: { "invoice of placement": { "credit of placement": [...ADMIN, "companyAdmin"] } } },
    refunds: { refused: NOT_ACME_ADMINS, shows: { "invoice of placement": { refund: [...ADMIN, "companyAdmin"] } } },
    placement: { shows: beside({ "invoice of placement": "placement" }), fields: { placement: { placement_fee_cents: [] } } },
  },
  "placement-credits": { placement: { shows: beside({ "credit of placement": "placement" }) } },
  "placement-splits": {
    placement: {
      shows: beside(Object.fromEntries(ROLES.map((role) => [`split ${role}`, "placement"]))),
      fields: { placement: { placement_fee_cents: [], candidate_id: [] } },
    },
    transaction: { shows: beside(Object.fromEntries(ROLES.map((role) => [`split ${role}`, `payout ${role}`]))) },
  },
  "payout-transactions": payouts,
  payouts,
  "payout-schedules": {
    transactions: { shows: { "schedule of placement": Object.fromEntries(ROLES.map((role) => [`payout ${role}`, ADMIN])) } },
  },
  plans: { rates: { shows: beside({ "plan free": "rates free", "plan paid": "rates paid", "plan premium": "rates premium" }) } },
  subscriptions: {
    plan: { shows: beside({ "subscription of candidate recruiter": "plan paid", "subscription of team": "plan paid" }) },
  },
  teams: {
    members: {
      shows: {
        team: {
          ...Object.fromEntries(TEAM.map((actor) => [`member ${actor}`, [...ADMIN, ...TEAM]])),
          "invited member": [...ADMIN, ...TEAM, "companySourcer"],
        },
      },
    },
    split_config: { shows: { team: asListed("team-split-configs", "team rules") } },
  },
  "team-members": {
    recruiter: {
      shows: beside({
        ...Object.fromEntries(TEAM.map((actor) => [`member ${actor}`, `recruiter ${actor}`])),
        "invited member": "recruiter companySourcer",
        "removed member": "recruiter moonlighter",
      }),
    },
    team: { shows: beside(Object.fromEntries([...TEAM_MEMBERS, "invited member", "removed member"].map((member) => [member, "team"]))) },
  },
  "team-invitations": { team: { shows: beside({ "team invitation": "team" }) } },
  clawbacks: { reversals: { shows: {} } },
  "ledger-transactions": { entries: { shows: { "top-up": { bank: ADMIN, stripe_balance: ADMIN } } } },
};

/** The jobs that a company's `jobs_count` counts, for whoever sees them. */
export const COUNTED_JOBS: Readonly<Record<string, readonly string[]>> = {
  Acme: JOBS,
  Beta: ["Beta's job", "Beta's draft"],
  Rival: ["Rival's job", "Rival's draft"],
  Shadow: [],
  Gamma: [],
};

/** Of a row, the included ones that these hats of one person see. */
export const includedTo = (hats: readonly Actor[], { shows }: IncludeAccess, parent: string): string[] =>
  Object.entries(shows[parent] ?? {})
    .filter(([, readers]) => hats.some((hat) => readers.includes(hat)))
    .map(([name]) => name)
    .toSorted();

/** Whoever wears one of several hats is refused only where each of them is. */
export const isRefused = (hats: readonly Actor[], { refused = [] }: IncludeAccess): boolean => hats.every((hat) => refused.includes(hat));
