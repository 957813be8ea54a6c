import { type Actor, ACTORS } from "./world.ts";

// Who may do what (DOMAIN §1.4, §1.5), written by hand from the contract and never from what the code
// answers. A row names who may see it; an action names who may take it on one row. The answer follows:
//   not signed in 401, without a role 403 (unless the operation is public or for any person),
//   row not seen 404, row seen but not for this actor 403, else allowed.

/** What a case may name: the id of a row, by the row's name. */
export type IdOf = (name: string) => string;

/** One thing that may be asked. */
export interface Act {
  /** The row it is asked of: who does not see it gets 404. */
  on?: string;
  /** A value of the path, where that is no row. */
  path?: (id: IdOf) => Record<string, string>;
  query?: (id: IdOf) => Record<string, string>;
  body?: (id: IdOf) => unknown;
  /** Who may. `allowed` is whatever is not 401, 403 or 404: done, or refused by the row's state. */
  may: readonly Actor[];
  /** Who gets 404 though no row is named, because they have no such thing. Everybody else gets 403. */
  missing?: readonly Actor[];
  /** What everybody gets, whoever they are: it is not for people. */
  everybody?: number;
}

/** One way to ask for a list. */
export interface Listing {
  query?: (id: IdOf) => Record<string, string>;
  /** The rows this query narrows to; each actor sees those of them that are theirs. All, unless told. */
  within?: readonly string[];
}

export interface ResourceAccess {
  /** `public`: also without a token or a role. `person`: also without a role. Else only members. */
  audience?: "public" | "person";
  /** Its rows are listed, and not read one by one. */
  listedOnly?: true;
  /** Every row of the world and who may see it. */
  rows?: Readonly<Record<string, readonly Actor[]>>;
  list?: readonly Listing[];
  /** What is hidden of a row from some who see it: who reads the field, unmasked. */
  fields?: Readonly<Record<string, Readonly<Record<string, readonly Actor[]>>>>;
  /** Who may never read the resource: 403 on the list, 404 on a single row. */
  refused?: readonly Actor[];
  /** Verbs beside list and get; their audience is the resource's unless it stands in `open`. */
  acts?: Readonly<Record<string, Act | readonly Act[]>>;
  /** Who else than members may ask for a verb, where that is not as the resource says. */
  open?: Readonly<Record<string, "public" | "person" | "member">>;
}

// ————— groups
export const EVERYBODY = ACTORS;
const PERSONS = ACTORS.filter((actor) => actor !== "anonymous");
export const COMPANIES = ["companyAdmin", "hiringManager", "betaManager", "rivalAdmin"] as const;
export const CANDIDATES = ["candidate", "otherCandidate"] as const;
export const TEAM = ["teamOwner", "teamAdmin", "teamMember", "teamCollaborator"] as const;
const ACTIVE_RECRUITERS = ["candidateRecruiter", "companyRecruiter", "companySourcer", "otherRecruiter", ...TEAM] as const;
export const RECRUITERS = [...ACTIVE_RECRUITERS, "pendingRecruiter", "suspendedRecruiter"] as const;
/** Acme's people, whose membership is of the whole organization. */
export const ACME = ["companyAdmin", "hiringManager"] as const;
export const BETA = [...ACME, "betaManager"] as const;
/** Both recruiters of the candidate's deals with Acme. */
export const DEAL_RECRUITERS = ["candidateRecruiter", "companyRecruiter"] as const;
/** Who sees no more of a deal with Acme than where it stands (D-4). */
const ONLOOKERS = ["teamMember", "companySourcer"] as const;
export const ADMIN = ["platformAdmin"] as const;
/** All who are no platform admins. */
export const NO_ADMINS = EVERYBODY.filter((actor) => actor !== "platformAdmin");
const OWNER = [...ADMIN, "companyAdmin", "teamMember"] as const;

/** The parties of the deal that reached Acme. */
export const PARTIES = [...ADMIN, ...ACME, ...DEAL_RECRUITERS, "candidate"] as const;
export const CANDIDATE_SIDE = [...ADMIN, "candidateRecruiter", "candidate"] as const;

const RETURN = { success_url: "https://app.splits.test/done", cancel_url: "https://app.splits.test/plans" };

// ————— the table
export const MATRIX: Readonly<Record<string, ResourceAccess>> = {
  // Everybody themselves, members the people of their organization.
  users: {
    rows: {
      ...Object.fromEntries(
        PERSONS.map((actor) => [
          `user ${actor}`,
          (BETA as readonly Actor[]).includes(actor) ? [...ADMIN, ...BETA] : [...new Set([...ADMIN, actor])],
        ]),
      ),
      "user system": ADMIN,
      "user moonlighter": [...ADMIN, ...BETA, "rivalAdmin"],
    },
    fields: { "user companyAdmin": { onboarding_status: [...ADMIN, "companyAdmin"] } },
    list: [{}],
    open: { "get-me": "person", "update-me": "person" },
    acts: {
      "get-me": { may: PERSONS },
      "update-me": { body: () => ({ name: "New" }), may: PERSONS },
      update: [
        { on: "user candidate", body: () => ({ name: "New" }), may: [...ADMIN, "candidate"] },
        { on: "user companyAdmin", body: () => ({ name: "New" }), may: [...ADMIN, "companyAdmin"] },
        { on: "user companyAdmin", body: () => ({ status: "deactivated", reason: "Left" }), may: ADMIN },
      ],
    },
  },

  organizations: {
    rows: { "Acme's organization": [...ADMIN, ...BETA], "Rival's organization": [...ADMIN, "rivalAdmin"] },
    list: [{}],
    refused: CANDIDATES,
    acts: {
      create: { body: () => ({ name: "New" }), may: ADMIN },
      update: { on: "Acme's organization", body: () => ({ name: "New" }), may: [...ADMIN, "companyAdmin"] },
      // §5.2 says "CA own; A" of all writes; nobody but the platform opens or removes a tenant
      delete: { on: "Acme's organization", may: ADMIN },
    },
  },

  memberships: {
    rows: {
      "membership companyAdmin": [...ADMIN, ...BETA],
      "membership hiringManager": [...ADMIN, ...BETA],
      "membership betaManager": [...ADMIN, ...BETA],
      "membership rivalAdmin": [...ADMIN, "rivalAdmin"],
      "membership of moonlighter in Acme": [...ADMIN, ...BETA],
      "membership of moonlighter in Rival": [...ADMIN, "rivalAdmin"],
      "ended membership": [],
    },
    list: [{}],
    refused: CANDIDATES,
    acts: {
      create: {
        on: "Acme's organization",
        body: (id) => ({ organization_id: id("Acme's organization"), user_id: id("user betaManager"), role_name: "company_admin" }),
        may: [...ADMIN, "companyAdmin"],
      },
      update: { on: "membership hiringManager", body: () => ({ role_name: "company_admin" }), may: [...ADMIN, "companyAdmin"] },
      delete: { on: "membership hiringManager", may: [...ADMIN, "companyAdmin"] },
    },
  },

  // an address is for whoever administers the whole organization
  invitations: {
    rows: { "invitation to Acme": [...ADMIN, "companyAdmin"] },
    list: [{}],
    refused: EVERYBODY.filter((actor) => !["platformAdmin", "companyAdmin", "rivalAdmin"].includes(actor)),
    open: { preview: "public", accept: "person", decline: "person" },
    acts: {
      create: {
        on: "Acme's organization",
        body: (id) => ({ organization_id: id("Acme's organization"), email: "new@people.test", role: "hiring_manager" }),
        may: [...ADMIN, "companyAdmin"],
      },
      preview: {
        path: (id) => ({ id: id("invitation to Acme") }),
        query: (id) => ({ token: id("invitation token to Acme") }),
        may: EVERYBODY,
      },
      // the token and the address it went to
      accept: {
        path: (id) => ({ id: id("invitation to Acme") }),
        body: (id) => ({ token: id("invitation token to Acme") }),
        may: ["roleless"],
      },
      decline: {
        path: (id) => ({ id: id("invitation to Acme") }),
        body: (id) => ({ token: id("invitation token to Acme") }),
        may: ["roleless"],
      },
      resend: { on: "invitation to Acme", body: () => ({}), may: [...ADMIN, "companyAdmin"] },
      delete: { on: "invitation to Acme", may: [...ADMIN, "companyAdmin"] },
    },
  },

  // Beta is not listed, but its job is open; Shadow is not listed and has none.
  companies: {
    audience: "public",
    rows: {
      Acme: EVERYBODY,
      Rival: EVERYBODY,
      Beta: [...ADMIN, ...BETA, ...RECRUITERS, ...CANDIDATES],
      Shadow: [...ADMIN, "rivalAdmin"],
      Gamma: [...ADMIN, ...ACME],
    },
    fields: { Acme: { settings: [...ADMIN, ...ACME, "companyRecruiter", "teamMember"] } },
    list: [{}],
    open: { create: "member", update: "member", delete: "member" },
    acts: {
      create: {
        on: "Acme's organization",
        body: (id) => ({ organization_id: id("Acme's organization"), name: "New" }),
        may: [...ADMIN, "companyAdmin"],
      },
      update: { on: "Acme", body: () => ({ industry: "Rockets" }), may: [...ADMIN, "companyAdmin"] },
      delete: [
        { on: "Acme", may: [...ADMIN, "companyAdmin"] },
        { on: "Shadow", may: [...ADMIN, "rivalAdmin"] },
      ],
    },
  },

  // D-3: hiring managers read drafts of others. Recruiters: open ones, invited ones, those they own, represent or have a deal on.
  jobs: {
    audience: "public",
    rows: {
      "open job": EVERYBODY,
      "Beta's job": EVERYBODY,
      "Rival's job": EVERYBODY,
      "invite-only job": [...ADMIN, ...ACME, "candidateRecruiter"],
      "draft job": [...ADMIN, ...ACME],
      "Beta's draft": [...ADMIN, ...BETA, "teamCollaborator"],
      "Rival's draft": [...ADMIN, "rivalAdmin"],
      // the candidate's own deal is there, so its job is too
      "filled job": [...ADMIN, ...ACME, ...DEAL_RECRUITERS, "teamMember", "candidate"],
    },
    fields: {
      "open job": {
        fee_percentage: [...ADMIN, ...ACME, ...ACTIVE_RECRUITERS],
        recruiter_description: [...ADMIN, ...ACME, ...ACTIVE_RECRUITERS],
        salary_min_cents: [...ADMIN, ...ACME, ...ACTIVE_RECRUITERS],
        guarantee_days: [...ADMIN, ...ACME, ...ACTIVE_RECRUITERS],
        company_recruiter_id: [...ADMIN, ...ACME, ...ACTIVE_RECRUITERS],
      },
      // the suspended recruiter represents it
      "Rival's job": { fee_percentage: [...ADMIN, "rivalAdmin", ...ACTIVE_RECRUITERS, "suspendedRecruiter"] },
    },
    list: [{}],
    refused: ["pendingRecruiter", "suspendedRecruiter"],
    open: { create: "member", update: "member", delete: "member" },
    acts: {
      create: { body: (id) => ({ company_id: id("Acme"), title: "New" }), may: OWNER },
      update: [
        { on: "open job", body: () => ({ title: "Newer" }), may: OWNER },
        { on: "draft job", body: () => ({ title: "Newer" }), may: [...ADMIN, "companyAdmin"] },
        // its owner has no permission to edit
        { on: "Beta's draft", body: () => ({ title: "Newer" }), may: [...ADMIN, "companyAdmin"] },
      ],
      delete: { on: "draft job", may: [...ADMIN, "companyAdmin"] },
    },
  },

  "job-requirements": {
    audience: "public",
    rows: { "requirement of open job": EVERYBODY, "requirement of draft job": [...ADMIN, ...ACME] },
    list: [
      { query: (id) => ({ job_id: id("open job") }), within: ["requirement of open job"] },
      { query: (id) => ({ job_id: id("draft job") }), within: ["requirement of draft job"] },
    ],
    open: { create: "member", update: "member", delete: "member" },
    acts: {
      create: { body: (id) => ({ job_id: id("open job"), requirement_type: "preferred", description: "Patience" }), may: OWNER },
      update: { on: "requirement of open job", body: () => ({ description: "Six years" }), may: OWNER },
      delete: { on: "requirement of open job", may: OWNER },
    },
  },

  "job-pre-screen-questions": {
    audience: "public",
    rows: { "question of open job": EVERYBODY, "question of Beta's job": EVERYBODY, "question of draft job": [...ADMIN, ...ACME] },
    list: [
      { query: (id) => ({ job_id: id("open job") }), within: ["question of open job"] },
      { query: (id) => ({ job_id: id("draft job") }), within: ["question of draft job"] },
    ],
    open: { create: "member", update: "member", delete: "member" },
    acts: {
      create: { body: (id) => ({ job_id: id("open job"), question: "How?", question_type: "text" }), may: OWNER },
      update: { on: "question of open job", body: () => ({ question: "Why not?" }), may: OWNER },
      delete: { on: "question of open job", may: OWNER },
    },
  },

  // Companies from the submission on; written by the candidate's side.
  "job-pre-screen-answers": {
    rows: { "answer on reached": PARTIES, "answer on draft": CANDIDATE_SIDE },
    list: [
      { query: (id) => ({ application_id: id("reached application") }), within: ["answer on reached"] },
      { query: (id) => ({ application_id: id("draft application") }), within: ["answer on draft"] },
    ],
    acts: {
      create: {
        on: "draft application",
        body: (id) => ({ application_id: id("draft application"), question_id: id("question of Beta's job"), answer: "So" }),
        may: CANDIDATE_SIDE,
      },
      replace: {
        on: "reached application",
        body: (id) => ({ application_id: id("reached application"), answers: [{ question_id: id("question of open job"), answer: "So" }] }),
        may: CANDIDATE_SIDE,
      },
      update: [
        { on: "answer on draft", body: () => ({ answer: "Yes" }), may: CANDIDATE_SIDE },
        { on: "answer on reached", body: () => ({ answer: "Yes" }), may: CANDIDATE_SIDE },
      ],
      delete: [
        { on: "answer on draft", may: CANDIDATE_SIDE },
        { on: "answer on reached", may: CANDIDATE_SIDE },
      ],
    },
  },

  // Companies: what reached them, and stages that are their business. Recruiters: their own deals; owner and sourcers have the deal's summary only.
  applications: {
    rows: {
      "reached application": PARTIES,
      "hired application": PARTIES,
      "gated application": [...ADMIN, ...DEAL_RECRUITERS],
      "interview application": [...ADMIN, ...BETA, "candidateRecruiter"],
      "past application": [...ADMIN, "rivalAdmin", "suspendedRecruiter"],
      // rejected by its own recruiter: the company never heard of it
      "denied application": [...ADMIN, "candidateRecruiter"],
      "stuck application": [...ADMIN, "suspendedRecruiter", "otherCandidate"],
      "proposed application": CANDIDATE_SIDE,
      "draft application": CANDIDATE_SIDE,
    },
    fields: { "reached application": { recruiter_notes: [...ADMIN, ...DEAL_RECRUITERS], internal_notes: [...ADMIN, ...ACME] } },
    list: [{}],
    acts: {
      create: {
        body: (id) => ({ job_id: id("Rival's job"), candidate_id: id("candidate candidate") }),
        may: CANDIDATE_SIDE,
        missing: [
          "betaManager",
          "rivalAdmin",
          "otherCandidate",
          "companySourcer",
          "otherRecruiter",
          ...TEAM,
          "pendingRecruiter",
          "suspendedRecruiter",
        ],
      },
      update: [
        { on: "draft application", body: () => ({ cover_letter: "Hello" }), may: CANDIDATE_SIDE },
        { on: "reached application", body: () => ({ cover_letter: "Hello" }), may: CANDIDATE_SIDE },
        { on: "reached application", body: () => ({ internal_notes: "Hm" }), may: [...ADMIN, ...ACME, "companyRecruiter"] },
        { on: "reached application", body: () => ({ recruiter_notes: "Hm" }), may: [...ADMIN, ...DEAL_RECRUITERS] },
      ],
      submit: { on: "draft application", body: () => ({}), may: CANDIDATE_SIDE },
      "return-to-draft": { on: "reached application", body: () => ({}), may: CANDIDATE_SIDE },
      "trigger-ai-review": { on: "reached application", body: () => ({}), may: CANDIDATE_SIDE },
      withdraw: { on: "reached application", body: () => ({ note: "Another job" }), may: CANDIDATE_SIDE },
      "accept-offer": { on: "reached application", body: () => ({}), may: CANDIDATE_SIDE },
      reactivate: [
        { on: "past application", body: () => ({ reason: "A mistake" }), may: ADMIN },
        { on: "reached application", body: () => ({ reason: "A mistake" }), may: ADMIN },
      ],
      // §1.5: no recruiter hires; a hiring manager only where the company says so
      hire: [
        { on: "hired application", body: () => ({ salary_cents: 10_000_000, start_date: "2026-12-01" }), may: [...ADMIN, "companyAdmin"] },
        {
          on: "interview application",
          body: () => ({ salary_cents: 10_000_000, start_date: "2026-12-01" }),
          may: [...ADMIN, "companyAdmin"],
        },
      ],
    },
  },

  "application-notes": {
    rows: {
      "shared note": PARTIES,
      "company's note": [...ADMIN, ...ACME, "companyRecruiter"],
      "candidate's note": CANDIDATE_SIDE,
    },
    list: [{ query: (id) => ({ application_id: id("reached application") }) }],
    acts: {
      create: [
        { on: "reached application", body: (id) => ({ application_id: id("reached application"), message_text: "So" }), may: PARTIES },
        {
          on: "reached application",
          body: (id) => ({ application_id: id("reached application"), message_text: "So", visibility: "company_only" }),
          may: [...ADMIN, ...ACME, "companyRecruiter"],
        },
        {
          on: "reached application",
          body: (id) => ({ application_id: id("reached application"), message_text: "So", visibility: "candidate_only" }),
          may: CANDIDATE_SIDE,
        },
      ],
      update: { on: "shared note", body: () => ({ message_text: "Else" }), may: [...ADMIN, "candidateRecruiter"] },
      delete: { on: "shared note", may: [...ADMIN, "candidateRecruiter"] },
    },
  },

  "ai-reviews": {
    rows: { "review of reached": PARTIES, "review of gated": [...ADMIN, ...DEAL_RECRUITERS] },
    list: [
      { query: (id) => ({ application_id: id("reached application") }), within: ["review of reached"] },
      { query: (id) => ({ application_id: id("gated application") }), within: ["review of gated"] },
    ],
  },

  // D-4: owner and sourcers read a summary. D-12: the company's admin sees a deal stuck at a recruiter's gate.
  "candidate-role-assignments": {
    rows: {
      "reached deal": [...PARTIES, ...ONLOOKERS],
      "hired deal": [...PARTIES, ...ONLOOKERS],
      "gated deal": [...ADMIN, ...DEAL_RECRUITERS, ...ONLOOKERS],
      "interview deal": [...ADMIN, ...BETA, "candidateRecruiter"],
      "past deal": [...ADMIN, "rivalAdmin", "suspendedRecruiter"],
      "denied deal": [...ADMIN, "candidateRecruiter"],
      "stuck deal": [...ADMIN, "rivalAdmin", "suspendedRecruiter", "otherCandidate"],
      "proposed deal": CANDIDATE_SIDE,
    },
    fields: { "reached deal": { gate_history: PARTIES }, "gated deal": { gate_history: [...ADMIN, ...DEAL_RECRUITERS] } },
    list: [{}],
    acts: {
      // §2.7: any other recruiter gets 403 consent_required; proposing is a recruiter's act, not an admin's
      propose: {
        body: (id) => ({ job_id: id("open job"), candidate_id: id("candidate guarded"), proposal_type: "opportunity" }),
        may: ["candidateRecruiter"],
        // who hides is not there for recruiters who do not know them (D-49)
        missing: ["companySourcer", "otherRecruiter", ...TEAM, "pendingRecruiter", "suspendedRecruiter"],
      },
      update: [
        { on: "proposed deal", body: () => ({ proposal_notes: "Look" }), may: [...ADMIN, "candidateRecruiter"] },
        { on: "proposed deal", body: () => ({ response_notes: "Well" }), may: [...ADMIN, "candidate"] },
        { on: "reached deal", body: () => ({ proposal_notes: "Look" }), may: [...ADMIN, "candidate"] },
      ],
      accept: { on: "proposed deal", body: () => ({}), may: [...ADMIN, "candidate"] },
      decline: { on: "proposed deal", body: () => ({}), may: [...ADMIN, "candidate"] },
      "start-review": [
        { on: "gated deal", body: () => ({}), may: [...ADMIN, "candidateRecruiter"] },
        { on: "reached deal", body: () => ({}), may: [...ADMIN, ...ACME] },
      ],
      "approve-gate": [
        { on: "gated deal", body: () => ({}), may: [...ADMIN, "candidateRecruiter"] },
        { on: "reached deal", body: () => ({}), may: [...ADMIN, ...ACME] },
        // its recruiter is suspended
        { on: "stuck deal", body: () => ({}), may: ADMIN },
      ],
      "deny-gate": [
        { on: "gated deal", body: () => ({ reason: "No" }), may: [...ADMIN, "candidateRecruiter"] },
        { on: "reached deal", body: () => ({ reason: "No" }), may: [...ADMIN, ...ACME] },
      ],
      "request-info": [
        { on: "gated deal", body: () => ({ message: "Since when?" }), may: [...ADMIN, "candidateRecruiter"] },
        { on: "reached deal", body: () => ({ message: "Since when?" }), may: [...ADMIN, ...ACME] },
      ],
      // whoever is asked answers; an admin answers for nobody, and a company asks
      "provide-info": {
        on: "reached deal",
        body: (id) => ({ message: "Since May", in_response_to_id: id("question to candidate") }),
        may: [...DEAL_RECRUITERS, "candidate"],
      },
      "skip-gate": [
        { on: "stuck deal", body: () => ({ reason: "Suspended" }), may: [...ADMIN, "rivalAdmin"] },
        { on: "gated deal", body: () => ({ reason: "Away" }), may: ADMIN },
      ],
      withdraw: { on: "reached deal", body: () => ({ note: "Another job" }), may: CANDIDATE_SIDE },
      // §1.5: a company recruiter who may advance, up to in_process; hiring managers up to offer
      advance: [
        { on: "interview deal", body: () => ({ state: "offer" }), may: [...ADMIN, ...BETA] },
        { on: "interview deal", body: () => ({ state: "rejected", notes: "No" }), may: [...ADMIN, ...BETA] },
        { on: "hired deal", body: () => ({ state: "in_process" }), may: [...ADMIN, ...ACME, "companyRecruiter"] },
        { on: "hired deal", body: () => ({ state: "offer" }), may: [...ADMIN, ...ACME] },
      ],
    },
  },

  "cra-gate-feedback": {
    rows: {
      "note at candidate recruiter's gate": [...ADMIN, "candidateRecruiter"],
      "question to candidate": [...ADMIN, "candidateRecruiter", "candidate"],
      "answer of candidate": [...ADMIN, "candidateRecruiter", "candidate"],
      "note at company recruiter's gate": [...ADMIN, "companyRecruiter"],
      "note at company's gate": [...ADMIN, ...ACME],
      "shared feedback": PARTIES,
    },
    list: [{ query: (id) => ({ assignment_id: id("reached deal") }) }],
  },

  // §5.2: the recipient only, platform admins included
  notifications: {
    audience: "person",
    rows: {
      "notice of platformAdmin": ["platformAdmin"],
      "notice of companyAdmin": ["companyAdmin"],
      "notice of candidateRecruiter": ["candidateRecruiter"],
      "notice of candidate": ["candidate"],
      "notice of roleless": ["roleless"],
    },
    list: [{}],
    acts: {
      "unread-count": { may: PERSONS },
      "counts-by-category": { may: PERSONS },
      "mark-all-read": { body: () => ({}), may: PERSONS },
      update: { on: "notice of candidate", body: () => ({ read: true }), may: ["candidate"] },
      delete: { on: "notice of candidate", may: ["candidate"] },
    },
  },

  // Sourced, represented, on a deal; companies once a deal reached them; public profiles for active recruiters.
  candidates: {
    rows: {
      "candidate candidate": PARTIES,
      "candidate guarded": [...ADMIN, ...BETA, ...DEAL_RECRUITERS],
      "candidate past": [...ADMIN, "rivalAdmin", "suspendedRecruiter"],
      "candidate other": [...ADMIN, ...ACTIVE_RECRUITERS, "suspendedRecruiter", "otherCandidate"],
      "candidate unmet": ADMIN,
      // what was removed is shown to nobody
      "candidate removed": [],
    },
    // contact data: companies once the deal has passed their gate; a public profile masks it
    fields: {
      "candidate candidate": { email: PARTIES },
      "candidate guarded": { email: [...ADMIN, ...BETA, ...DEAL_RECRUITERS] },
      "candidate past": { email: [...ADMIN, "suspendedRecruiter"] },
      "candidate other": { email: [...ADMIN, "suspendedRecruiter", "otherCandidate"] },
    },
    list: [{}],
    open: { create: "person", "get-me": "person", "update-me": "person" },
    acts: {
      create: { body: () => ({ email: "somebody.new@people.test", full_name: "Somebody New" }), may: [...ADMIN, ...ACTIVE_RECRUITERS] },
      "get-me": { may: CANDIDATES, missing: PERSONS },
      "update-me": { body: () => ({ bio: "New" }), may: CANDIDATES, missing: PERSONS },
      update: { on: "candidate candidate", body: () => ({ bio: "New" }), may: [...ADMIN, "candidate"] },
      delete: [
        { on: "candidate unmet", may: ADMIN },
        { on: "candidate guarded", may: [...ADMIN, "candidateRecruiter"] },
      ],
    },
  },

  // One is on the public list. Companies see who is at work on their jobs, candidates their own, recruiters their colleagues.
  recruiters: {
    audience: "public",
    rows: {
      "recruiter otherRecruiter": EVERYBODY,
      "recruiter candidateRecruiter": [...ADMIN, ...BETA, ...DEAL_RECRUITERS, "candidate"],
      "recruiter companyRecruiter": [...ADMIN, ...ACME, ...DEAL_RECRUITERS],
      "recruiter companySourcer": [...ADMIN, "companySourcer"],
      "recruiter pendingRecruiter": [...ADMIN, "pendingRecruiter"],
      "recruiter suspendedRecruiter": [...ADMIN, "rivalAdmin", "suspendedRecruiter"],
      "recruiter teamOwner": [...ADMIN, ...TEAM],
      "recruiter teamAdmin": [...ADMIN, ...TEAM],
      "recruiter teamMember": [...ADMIN, ...TEAM, ...ACME],
      "recruiter teamCollaborator": [...ADMIN, ...TEAM, ...BETA],
      "recruiter moonlighter": ADMIN,
    },
    fields: {
      "recruiter candidateRecruiter": { email: [...ADMIN, "candidateRecruiter", "candidate"], phone: [...ADMIN, "candidateRecruiter"] },
    },
    list: [{}],
    open: { create: "person", "get-me": "person", "update-me": "person", update: "member" },
    acts: {
      create: { body: () => ({ name: "New" }), may: PERSONS },
      "get-me": { may: RECRUITERS, missing: PERSONS },
      "update-me": [
        { body: () => ({ bio: "New" }), may: RECRUITERS, missing: PERSONS },
        // nobody approves themselves
        {
          body: () => ({ status: "active", reason: "I say so" }),
          may: ACTIVE_RECRUITERS,
          missing: [...ADMIN, ...COMPANIES, ...CANDIDATES, "roleless"],
        },
      ],
      update: [
        { on: "recruiter candidateRecruiter", body: () => ({ bio: "New" }), may: [...ADMIN, "candidateRecruiter"] },
        { on: "recruiter candidateRecruiter", body: () => ({ status: "suspended", reason: "Complaints" }), may: ADMIN },
        { on: "recruiter suspendedRecruiter", body: () => ({ status: "active", reason: "Cleared" }), may: ADMIN },
      ],
    },
  },

  "recruiter-candidates": {
    rows: {
      "relationship of candidate": CANDIDATE_SIDE,
      "relationship of guarded": [...ADMIN, "candidateRecruiter"],
      "ended relationship": [...ADMIN, "suspendedRecruiter"],
      invitation: [...ADMIN, "otherRecruiter"],
    },
    list: [{}],
    refused: COMPANIES,
    open: { "get-invitation": "public", "accept-invitation": "public", "decline-invitation": "public" },
    acts: {
      create: { body: (id) => ({ candidate_id: id("candidate other") }), may: ACTIVE_RECRUITERS },
      // the token is enough, but who is signed in must be the one who was invited
      "get-invitation": { path: (id) => ({ token: id("invitation token") }), may: EVERYBODY },
      "accept-invitation": { path: (id) => ({ token: id("invitation token") }), may: ["anonymous"] },
      "decline-invitation": { path: (id) => ({ token: id("invitation token") }), body: () => ({}), may: ["anonymous"] },
      update: {
        on: "relationship of candidate",
        body: () => ({ relationship_end_date: "2027-06-01T00:00:00Z", reason: "A mistake" }),
        may: ADMIN,
      },
      delete: { on: "invitation", may: [...ADMIN, "otherRecruiter"] },
      "resend-invitation": { on: "invitation", body: () => ({}), may: [...ADMIN, "otherRecruiter"] },
      "cancel-invitation": { on: "invitation", body: () => ({}), may: [...ADMIN, "otherRecruiter"] },
      // §5.2 names the recruiter alone, whom the candidate confirms: nobody else consents for them
      renew: { on: "relationship of candidate", body: () => ({}), may: ["candidateRecruiter", "candidate"] },
      terminate: [
        { on: "relationship of candidate", body: () => ({ reason: "Moved" }), may: CANDIDATE_SIDE },
        { on: "ended relationship", body: () => ({ reason: "Moved" }), may: [...ADMIN, "suspendedRecruiter"] },
      ],
    },
  },

  "recruiter-companies": {
    rows: {
      "connection of company recruiter": [...ADMIN, ...ACME, "companyRecruiter"],
      "connection of job owner": [...ADMIN, ...ACME, "teamMember"],
      "requested connection": [...ADMIN, "rivalAdmin", "otherRecruiter"],
    },
    list: [{}],
    refused: CANDIDATES,
    acts: {
      create: [
        { body: (id) => ({ company_id: id("Rival") }), may: ACTIVE_RECRUITERS },
        {
          body: (id) => ({ company_id: id("Acme"), recruiter_id: id("recruiter otherRecruiter") }),
          may: [...ADMIN, "companyAdmin", "otherRecruiter"],
        },
      ],
      update: {
        on: "connection of company recruiter",
        body: () => ({ permissions: { can_create_jobs: true } }),
        may: [...ADMIN, "companyAdmin"],
      },
      delete: { on: "requested connection", may: [...ADMIN, "otherRecruiter"] },
      respond: { on: "requested connection", body: () => ({ decision: "accept" }), may: [...ADMIN, "rivalAdmin"] },
      terminate: {
        on: "connection of company recruiter",
        body: () => ({ reason: "Done" }),
        may: [...ADMIN, "companyAdmin", "companyRecruiter"],
      },
    },
  },

  // D-5: the company's own sourcer stays hidden from the company
  "candidate-sourcers": {
    rows: { "sourcer of candidate": [...ADMIN, "candidateRecruiter"], "sourcer of removed": [...ADMIN, "otherRecruiter"] },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    acts: {
      create: {
        body: (id) => ({ candidate_id: id("candidate unmet"), sourcer_recruiter_id: id("recruiter otherRecruiter"), reason: "Forgotten" }),
        may: ADMIN,
      },
      "check-protection": { query: (id) => ({ candidate_id: id("candidate candidate") }), may: [...ADMIN, ...RECRUITERS] },
      delete: { on: "sourcer of candidate", query: () => ({ reason: "A mistake" }), may: ADMIN },
    },
  },

  "company-sourcers": {
    rows: { "sourcer of Acme": [...ADMIN, "companySourcer"] },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    acts: {
      create: {
        body: (id) => ({ company_id: id("Rival"), sourcer_recruiter_id: id("recruiter otherRecruiter"), reason: "Forgotten" }),
        may: ADMIN,
      },
      "check-protection": { query: (id) => ({ company_id: id("Acme") }), may: [...ADMIN, ...RECRUITERS] },
      delete: { on: "sourcer of Acme", query: () => ({ reason: "A mistake" }), may: ADMIN },
    },
  },

  // Whoever has one of the five roles; the company sees what it pays, the candidate where they start.
  placements: {
    rows: { placement: [...ADMIN, ...ACME, ...DEAL_RECRUITERS, "teamMember", "companySourcer", "candidate"] },
    fields: {
      placement: {
        placement_fee_cents: [...ADMIN, "companyAdmin"],
        fee_percentage: [...ADMIN, "companyAdmin"],
        salary_cents: [...ADMIN, ...ACME],
        own_shares: [...DEAL_RECRUITERS, "teamMember", "companySourcer"],
        guarantee_expires_at: [...ADMIN, ...ACME, ...DEAL_RECRUITERS, "teamMember", "companySourcer"],
      },
    },
    list: [{}],
    acts: {
      "confirm-start": { on: "placement", body: () => ({}), may: [...ADMIN, "companyAdmin"] },
      fail: { on: "placement", body: () => ({ reason: "Left" }), may: [...ADMIN, "companyAdmin"] },
      replace: {
        on: "placement",
        body: (id) => ({ application_id: id("reached application"), salary_cents: 10_000_000, start_date: "2026-12-01" }),
        may: [...ADMIN, "companyAdmin"],
      },
    },
  },

  // MONEY §19.1: whole to the company's admins, its status to whoever earns of it
  "placement-invoices": {
    rows: {
      "invoice of placement": [...ADMIN, "companyAdmin", ...DEAL_RECRUITERS, "teamMember", "teamOwner", "teamAdmin", "companySourcer"],
    },
    fields: { "invoice of placement": { amount_due_cents: [...ADMIN, "companyAdmin"], company_id: [...ADMIN, "companyAdmin"] } },
    list: [{}],
    refused: ["hiringManager", "betaManager", ...CANDIDATES],
    acts: {
      "mark-uncollectible": { on: "invoice of placement", body: () => ({ reason: "Insolvent" }), may: ADMIN },
      refresh: { on: "invoice of placement", may: ADMIN },
    },
  },
  "placement-credits": {
    rows: { "credit of placement": [...ADMIN, "companyAdmin"] },
    list: [{}],
    refused: ["hiringManager", "betaManager", ...RECRUITERS, ...CANDIDATES],
  },
  "escrow-holds": {
    rows: { "hold of placement": ADMIN },
    list: [{}],
    refused: [...COMPANIES, ...RECRUITERS, ...CANDIDATES],
    acts: {
      create: {
        body: (id) => ({ placement_id: id("placement"), reason: "A review" }),
        may: ADMIN,
        missing: [
          "rivalAdmin",
          "betaManager",
          "otherCandidate",
          "otherRecruiter",
          "pendingRecruiter",
          "suspendedRecruiter",
          "teamOwner",
          "teamAdmin",
          "teamCollaborator",
        ],
      },
      release: { on: "hold of placement", body: (id) => ({ approval_id: id("placement"), reason: "Nothing found" }), may: ADMIN },
      cancel: { on: "hold of placement", body: (id) => ({ approval_id: id("placement"), reason: "By mistake" }), may: ADMIN },
    },
  },
  "payout-schedules": {
    rows: { "schedule of placement": ADMIN },
    list: [{}],
    refused: [...COMPANIES, ...RECRUITERS, ...CANDIDATES],
    acts: {
      trigger: { on: "schedule of placement", body: () => ({ reason: "They wait" }), may: ADMIN },
      cancel: { on: "schedule of placement", body: (id) => ({ approval_id: id("approval"), reason: "Agreed" }), may: ADMIN },
    },
  },
  "intake-settings": {
    rows: { "intake settings of Acme": [...ADMIN, ...ACME] },
    acts: {
      update: { on: "Acme", body: () => ({ label: "Hand it in" }), may: [...ADMIN, "companyAdmin"] },
    },
  },
  "company-billing-profiles": {
    rows: { "billing profile of Acme": [...ADMIN, "companyAdmin"] },
    acts: {
      "get-readiness": { on: "Acme", may: [...ADMIN, "companyAdmin"] },
      "set-up-payment": { on: "Acme", body: () => ({ return_url: RETURN.success_url }), may: [...ADMIN, "companyAdmin"] },
      set: { on: "Acme", body: () => ({ billing_email: "bills@acme.test" }), may: [...ADMIN, "companyAdmin"] },
      update: { on: "Acme", body: () => ({ billing_terms: "net_60" }), may: [...ADMIN, "companyAdmin"] },
    },
  },

  brands: {
    rows: { "brand of Acme": [...ADMIN, ...ACME] },
    acts: { update: { on: "Acme", body: () => ({ color: "#0a7d5c" }), may: [...ADMIN, "companyAdmin"] } },
  },

  "white-label-pages": {
    rows: { "page of Acme": [...ADMIN, ...ACME] },
    acts: { update: { on: "Acme", body: () => ({ thanks: "Read by tomorrow" }), may: [...ADMIN, "companyAdmin"] } },
  },

  // A code opens private pages: its company's admins make and end it, and nobody else knows of it.
  "access-codes": {
    listedOnly: true,
    rows: { "access code of Acme": [...ADMIN, "companyAdmin"], "access code of Rival": [...ADMIN, "rivalAdmin"] },
    list: [{}, { query: (id) => ({ company_id: id("Acme") }), within: ["access code of Acme"] }],
    acts: {
      create: {
        body: (id) => ({ company_id: id("Acme"), label: "Partner", expires_at: "2099-01-01T00:00:00Z" }),
        may: [...ADMIN, "companyAdmin"],
      },
      revoke: { on: "access code of Acme", may: [...ADMIN, "companyAdmin"] },
    },
  },

  "intake-requests": {
    rows: { "intake of Acme": [...ADMIN, ...ACME], "intake of Rival": [...ADMIN, "rivalAdmin"] },
    list: [{}, { query: (id) => ({ company_id: id("Acme") }), within: ["intake of Acme"] }],
    acts: {
      accept: { on: "intake of Acme", body: () => ({}), may: [...ADMIN, "companyAdmin"] },
      decline: { on: "intake of Acme", body: () => ({}), may: [...ADMIN, "companyAdmin"] },
    },
  },

  // Companies: totals for the admin. Recruiters: their own role, owner and admin of the team its members'.
  "placement-snapshots": {
    rows: { placement: [...ADMIN, "companyAdmin", ...DEAL_RECRUITERS, "teamMember", "teamOwner", "teamAdmin", "companySourcer"] },
    fields: {
      placement: {
        total_placement_fee_cents: [...ADMIN, "companyAdmin"],
        platform_amount_cents: ADMIN,
        roles: [...ADMIN, ...DEAL_RECRUITERS, "teamMember", "teamOwner", "teamAdmin", "companySourcer"],
      },
    },
    list: [{}],
    refused: ["hiringManager", "betaManager", ...CANDIDATES],
  },

  // D-6, D-79: owner and admin of the team see its rows, collaborators only their own
  "placement-splits": {
    rows: {
      "split candidate_recruiter": [...ADMIN, "candidateRecruiter"],
      "split candidate_sourcer": [...ADMIN, "candidateRecruiter"],
      "split company_recruiter": [...ADMIN, "companyRecruiter"],
      "split company_sourcer": [...ADMIN, "companySourcer"],
      "split job_owner": [...ADMIN, "teamMember", "teamOwner", "teamAdmin"],
    },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
  },

  "payout-transactions": {
    ...payouts(),
    acts: {
      retry: { on: "payout candidate_recruiter", may: ADMIN },
      hold: { on: "payout candidate_recruiter", body: () => ({ hold_reason: "admin_hold", reason: "Odd" }), may: ADMIN },
      unhold: {
        on: "payout candidate_recruiter",
        body: (id) => ({ hold_reason: "admin_hold", approval_id: id("approval"), reason: "Fine" }),
        may: ADMIN,
      },
      cancel: { on: "payout candidate_recruiter", body: (id) => ({ approval_id: id("approval"), reason: "Agreed" }), may: ADMIN },
      complete: {
        on: "payout candidate_recruiter",
        body: (id) => ({ stripe_transfer_id: "tr_1", approval_id: id("approval"), reason: "Made by hand" }),
        may: ADMIN,
      },
      process: { on: "payout candidate_recruiter", body: () => ({ reason: "They wait" }), may: ADMIN },
      reverse: {
        on: "payout candidate_recruiter",
        body: (id) => ({ amount_cents: 1, approval_id: id("approval"), reason: "The wrong person" }),
        may: ADMIN,
      },
    },
  },
  payouts: payouts(),

  plans: {
    audience: "public",
    rows: { "plan free": EVERYBODY, "plan paid": EVERYBODY, "plan premium": EVERYBODY },
    list: [{}],
  },

  "splits-rates": {
    audience: "public",
    rows: { "rates free": EVERYBODY, "rates paid": EVERYBODY, "rates premium": EVERYBODY },
    list: [{}],
    open: { create: "member" },
    acts: {
      create: {
        body: (id) => ({
          tier: "free",
          candidate_recruiter_rate: "20",
          company_recruiter_rate: "10",
          job_owner_rate: "10",
          candidate_sourcer_rate: "6",
          company_sourcer_rate: "6",
          effective_from: "2100-01-01T00:00:00Z",
          approval_id: id("approval"),
        }),
        may: ADMIN,
      },
    },
  },

  subscriptions: {
    rows: {
      "subscription of candidate recruiter": [...ADMIN, "candidateRecruiter"],
      "subscription of team": [...ADMIN, "teamOwner", "teamAdmin"],
    },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    open: { "get-me": "person" },
    acts: {
      // D-2: whoever has none is on the free plan
      "get-me": { may: PERSONS },
      create: { body: (id) => ({ user_id: id("user otherRecruiter"), plan_id: id("plan paid"), status: "active" }), may: ADMIN },
      update: { on: "subscription of candidate recruiter", body: () => ({ status: "canceled" }), may: ADMIN },
      preview: { query: (id) => ({ plan_id: id("plan paid") }), may: RECRUITERS },
      // a recruiter for themselves, an owner for the team
      checkout: [
        { body: (id) => ({ plan_id: id("plan paid"), ...RETURN }), may: RECRUITERS },
        { on: "team", body: (id) => ({ plan_id: id("plan paid"), team_id: id("team"), ...RETURN }), may: ["teamOwner"] },
      ],
      "open-portal": { body: () => ({ return_url: RETURN.success_url }), may: RECRUITERS },
      "change-plan": [
        { body: (id) => ({ plan_id: id("plan premium") }), may: RECRUITERS },
        { on: "team", body: (id) => ({ plan_id: id("plan premium"), team_id: id("team") }), may: ["teamOwner"] },
      ],
      cancel: [
        { body: () => ({}), may: RECRUITERS },
        { on: "team", body: (id) => ({ team_id: id("team") }), may: ["teamOwner"] },
      ],
    },
  },

  entitlements: { audience: "person", acts: { "get-me": { may: PERSONS } } },

  teams: {
    // whoever was asked into it sees what it is, and nobody in it
    rows: { team: [...ADMIN, ...TEAM, "companySourcer"] },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    open: { "get-me": "person" },
    acts: {
      "get-me": { may: PERSONS },
      create: { body: () => ({ name: "Another" }), may: ACTIVE_RECRUITERS },
      update: { on: "team", body: () => ({ name: "Renamed" }), may: [...ADMIN, "teamOwner", "teamAdmin"] },
      "transfer-ownership": {
        on: "team",
        body: (id) => ({ recruiter_id: id("recruiter teamAdmin"), reason: "They move on" }),
        may: [...ADMIN, "teamOwner"],
      },
      delete: { on: "team", may: [...ADMIN, "teamOwner"] },
    },
  },

  "team-members": {
    rows: {
      "member teamOwner": [...ADMIN, ...TEAM],
      "member teamAdmin": [...ADMIN, ...TEAM],
      "member teamMember": [...ADMIN, ...TEAM],
      "member teamCollaborator": [...ADMIN, ...TEAM],
      "invited member": [...ADMIN, ...TEAM, "companySourcer"],
      "removed member": ADMIN,
    },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    acts: {
      create: {
        on: "team",
        body: (id) => ({ team_id: id("team"), recruiter_id: id("recruiter otherRecruiter"), role: "member" }),
        may: [...ADMIN, "teamOwner", "teamAdmin"],
      },
      update: { on: "member teamCollaborator", body: () => ({ role: "member" }), may: [...ADMIN, "teamOwner", "teamAdmin"] },
      delete: { on: "member teamMember", may: [...ADMIN, "teamOwner", "teamAdmin", "teamMember"] },
    },
  },

  "team-invitations": {
    rows: { "team invitation": [...ADMIN, "teamOwner", "teamAdmin"] },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    open: { preview: "public", accept: "person", decline: "person" },
    acts: {
      create: {
        on: "team",
        body: (id) => ({ team_id: id("team"), email: "new@people.test", role: "member" }),
        may: [...ADMIN, "teamOwner", "teamAdmin"],
      },
      preview: {
        path: (id) => ({ id: id("team invitation") }),
        query: (id) => ({ token: id("team invitation token") }),
        may: EVERYBODY,
      },
      // the token and the address it went to
      accept: {
        path: (id) => ({ id: id("team invitation") }),
        body: (id) => ({ token: id("team invitation token") }),
        may: ["otherRecruiter"],
      },
      decline: {
        path: (id) => ({ id: id("team invitation") }),
        body: (id) => ({ token: id("team invitation token") }),
        may: ["otherRecruiter"],
      },
      resend: { on: "team invitation", body: () => ({}), may: [...ADMIN, "teamOwner", "teamAdmin"] },
      delete: { on: "team invitation", may: [...ADMIN, "teamOwner", "teamAdmin"] },
    },
  },

  // MONEY §19.1: one's own, a team's for those who share in it, a company's for its admins
  statements: {
    acts: {
      read: [
        { query: () => ({ kind: "recruiter", month: "2026-01" }), may: RECRUITERS },
        {
          on: "team",
          query: (id) => ({ kind: "team", team_id: id("team"), month: "2026-01" }),
          may: [...ADMIN, "teamOwner", "teamAdmin", "teamMember"],
        },
        { on: "Acme", query: (id) => ({ kind: "company", company_id: id("Acme"), month: "2026-01" }), may: [...ADMIN, "companyAdmin"] },
      ],
    },
  },

  // The issuer signs what it sends
  "clerk-webhooks": {
    audience: "public",
    acts: { receive: { body: () => ({ type: "user.created", data: { id: "user_1" } }), may: [], everybody: 400 } },
  },

  // a partner signs what it reports
  "leaked-credentials": { audience: "public", acts: { report: { body: () => [], may: [], everybody: 400 } } },

  // Stripe signs what it sends
  "stripe-webhooks": {
    audience: "public",
    acts: {
      receive: { body: () => ({ id: "evt_1", type: "invoice.paid" }), may: [], everybody: 400 },
      "receive-connect": { body: () => ({ id: "evt_1", type: "account.updated" }), may: [], everybody: 400 },
    },
  },
  "stripe-events": { listedOnly: true, rows: {}, list: [{}], refused: EVERYBODY.filter((actor) => actor !== "platformAdmin") },

  "stripe-operations": {
    listedOnly: true,
    rows: { "stripe operation": ADMIN, refund: ADMIN },
    list: [{}],
    refused: EVERYBODY.filter((actor) => actor !== "platformAdmin"),
    acts: { retry: { on: "stripe operation", body: () => ({ reason: "The address is right now" }), may: ADMIN } },
  },

  // An account for payouts is its recruiter's, whatever their status
  "payout-accounts": {
    audience: "person",
    acts: {
      "get-me": { may: RECRUITERS, missing: PERSONS },
      "onboard-me": {
        body: () => ({ return_url: "https://app.splits.test/account", refresh_url: "https://app.splits.test/account" }),
        may: RECRUITERS,
        missing: PERSONS,
      },
      "open-me": { may: RECRUITERS, missing: PERSONS },
    },
  },

  // What is asked back: what a recruiter owes is theirs, the whole of a clawback the platform's (MONEY §19.1)
  debts: {
    rows: {},
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    acts: {
      "write-off": {
        path: (id) => ({ id: id("placement") }),
        body: (id) => ({ approval_id: id("placement"), reason: "They left" }),
        may: [],
        missing: PERSONS.filter((actor) => actor !== "roleless"),
      },
    },
  },
  clawbacks: {
    rows: {},
    list: [{}],
    refused: EVERYBODY.filter((actor) => actor !== "platformAdmin"),
    acts: {
      create: {
        body: (id) => ({ placement_id: id("placement"), amount_cents: 100, reason: "Goodwill", approval_id: id("placement") }),
        may: ADMIN,
      },
    },
  },

  refunds: {
    rows: { refund: ADMIN },
    list: [{}],
    refused: EVERYBODY.filter((actor) => actor !== "platformAdmin"),
    acts: {
      record: {
        on: "refund",
        body: (id) => ({ amount_cents: 100, approval_id: id("approval"), reason: "Paid from the bank" }),
        may: ADMIN,
      },
    },
  },

  // The rules are money: collaborators have no part in it
  "team-split-configs": {
    rows: { "team rules": [...ADMIN, "teamOwner", "teamAdmin", "teamMember"] },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    acts: {
      create: { on: "team", body: (id) => ({ team_id: id("team"), model: "flat_split" }), may: [...ADMIN, "teamOwner", "teamAdmin"] },
    },
  },

  // ————— what keeps the money honest (MONEY §18, §19.1)
  approvals: {
    rows: { approval: ADMIN },
    list: [{}],
    refused: NO_ADMINS,
    acts: {
      create: { body: (id) => ({ action: "payout.cancel", subject_id: id("payout job_owner"), reason: "Agreed" }), may: ADMIN },
      approve: { on: "approval", body: () => ({}), may: ADMIN },
      reject: { on: "approval", body: () => ({ reason: "No" }), may: ADMIN },
    },
  },
  switches: {
    rows: { "switch payouts.enabled": ADMIN, "switch payouts.require_tax_profile": ADMIN },
    list: [{}],
    refused: NO_ADMINS,
    acts: { change: { on: "switch payouts.enabled", body: () => ({ enabled: false, reason: "Odd" }), may: ADMIN } },
  },
  "fee-terms": {
    rows: { "fee terms": ADMIN },
    list: [{}],
    refused: NO_ADMINS,
    acts: {
      create: {
        body: (id) => ({
          standard_percentage: "20",
          executive_percentage: "25",
          urgent_percentage: "10",
          niche_percentage: "15",
          keep_percentage: "5",
          effective_from: "2100-01-01T00:00:00Z",
          approval_id: id("approval"),
        }),
        may: ADMIN,
      },
    },
  },
  "custom-contracts": {
    rows: { "contract of Acme": [...ADMIN, "companyAdmin"] },
    list: [{}],
    refused: ["hiringManager", "betaManager", ...RECRUITERS, ...CANDIDATES],
    acts: {
      create: {
        body: (id) => ({ company_id: id("Beta"), fee_percentage: "18", contract_start_date: "2026-01-01", reason: "Agreed" }),
        may: ADMIN,
      },
      update: { on: "contract of Acme", body: () => ({ fee_percentage: "17", reason: "Better" }), may: ADMIN },
      delete: { on: "contract of Acme", may: ADMIN },
      approve: { on: "contract of Acme", body: (id) => ({ approval_id: id("approval") }), may: ADMIN },
      end: { on: "contract of Acme", body: () => ({ contract_end_date: "2100-01-01", reason: "They left" }), may: ADMIN },
    },
  },
  // the parties; nobody reads what the other one wrote
  disputes: {
    rows: { "dispute of placement": [...ADMIN, "companyAdmin", ...DEAL_RECRUITERS, "teamMember", "companySourcer"] },
    fields: { "dispute of placement": { reason: [...ADMIN, "companyAdmin"] } },
    list: [{}],
    refused: ["hiringManager", "betaManager", ...CANDIDATES],
    acts: {
      create: {
        body: (id) => ({ placement_id: id("placement"), dispute_type: "other", reason: "Why" }),
        may: [...ADMIN, "companyAdmin", ...DEAL_RECRUITERS, "teamMember", "companySourcer"],
        missing: [
          "betaManager",
          "rivalAdmin",
          "otherCandidate",
          "otherRecruiter",
          "pendingRecruiter",
          "suspendedRecruiter",
          "teamOwner",
          "teamAdmin",
          "teamCollaborator",
        ],
      },
      review: { on: "dispute of placement", body: () => ({}), may: ADMIN },
      resolve: { on: "dispute of placement", body: () => ({ resolution: "So be it" }), may: ADMIN },
      dismiss: { on: "dispute of placement", body: () => ({ resolution: "No" }), may: ADMIN },
    },
  },
  "ledger-accounts": { rows: { "account bank": ADMIN, "account stripe_balance": ADMIN }, list: [{}], refused: NO_ADMINS },
  "ledger-transactions": { rows: { "top-up": ADMIN }, list: [{}], refused: NO_ADMINS },
  "reconciliation-runs": {
    rows: { "reconciliation run": ADMIN },
    list: [{}],
    refused: NO_ADMINS,
    acts: { create: { body: () => ({}), may: ADMIN } },
  },
  "privacy-requests": { rows: { "wish to be deleted": ADMIN }, list: [{}], refused: NO_ADMINS },
  "auth-events": { rows: { "sign-in": ADMIN }, list: [{}], refused: NO_ADMINS },
  "pipeline-failures": {
    rows: { "pipeline failure": ADMIN },
    list: [{}],
    refused: NO_ADMINS,
    acts: { resolve: { on: "pipeline failure", body: () => ({ resolution: "Looked at" }), may: ADMIN } },
  },
  "reconciliation-breaks": {
    rows: { "reconciliation break": ADMIN },
    list: [{}],
    refused: NO_ADMINS,
    acts: {
      update: { on: "reconciliation break", body: () => ({ owner_user_id: null }), may: ADMIN },
      resolve: { on: "reconciliation break", body: () => ({ resolution: "Looked at" }), may: ADMIN },
    },
  },
  // known by the recruiter whose it is
  "tax-profiles": {
    rows: { "recruiter companySourcer": [...ADMIN, "companySourcer"] },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
    acts: {
      "declare-me": { body: () => ({ form: "w9", classification: "individual", tin_last4: "1234" }), may: RECRUITERS },
    },
  },
  "tax-totals": {
    acts: {
      read: { query: () => ({ year: "2026" }), may: [...ADMIN, ...RECRUITERS] },
      "hand-out": { body: () => ({ year: 2025 }), may: ADMIN },
    },
  },
};

/** A payout is seen as its split; the resource has two names (§5.2). */
function payouts(): ResourceAccess {
  return {
    rows: {
      "payout candidate_recruiter": [...ADMIN, "candidateRecruiter"],
      "payout candidate_sourcer": [...ADMIN, "candidateRecruiter"],
      "payout company_recruiter": [...ADMIN, "companyRecruiter"],
      "payout company_sourcer": [...ADMIN, "companySourcer"],
      "payout job_owner": [...ADMIN, "teamMember", "teamOwner", "teamAdmin"],
    },
    list: [{}],
    refused: [...COMPANIES, ...CANDIDATES],
  };
}

const SEEN: Readonly<Record<string, readonly Actor[]>> = Object.assign({}, ...Object.values(MATRIX).map(({ rows }) => rows ?? {}));

/** Who sees the row that is named in an act of a resource: its own, or one of another that it belongs to. */
export const readersOf = (resource: string, row: string): readonly Actor[] => MATRIX[resource]?.rows?.[row] ?? SEEN[row] ?? [];

/** The roles of the hire that each recruiter reads in its snapshot. */
export const ROLES_AT_HIRE: Readonly<Partial<Record<Actor, readonly string[]>>> = {
  platformAdmin: ["candidate_recruiter", "company_recruiter", "job_owner", "candidate_sourcer", "company_sourcer"],
  candidateRecruiter: ["candidate_recruiter", "candidate_sourcer"],
  companyRecruiter: ["company_recruiter"],
  teamMember: ["job_owner"],
  teamOwner: ["job_owner"],
  teamAdmin: ["job_owner"],
  companySourcer: ["company_sourcer"],
};

/** The rows of a list that an actor sees, or the status instead. */
export function listedTo(actor: Actor, resource: string, within?: readonly string[]): readonly string[] | 401 | 403 {
  const { audience = "member", rows = {}, refused = [] } = MATRIX[resource] ?? {};
  const refusal = atTheDoor(actor, audience);
  if (refusal) return refusal;
  if (refused.includes(actor)) return 403;
  return (within ?? Object.keys(rows)).filter((name) => rows[name]?.includes(actor)).toSorted();
}

export type Audience = "public" | "person" | "member";

/** What the surface answers before it looks at any row. */
export function atTheDoor(actor: Actor, audience: Audience): 401 | 403 | null {
  if (audience === "public") return null;
  if (actor === "anonymous") return 401;
  return actor === "roleless" && audience === "member" ? 403 : null;
}
