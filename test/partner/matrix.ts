// Who may do what over the partner API (PLATFORM §6), written by hand and never from what the code
// answers. Every row of the access world that an account may read is named; what is not named is 404.

/** Whoever acts within an account. */
export const ACCOUNTS = ["company", "manager", "rival", "recruiter", "otherRecruiter", "team", "platform"] as const;
export type Account = (typeof ACCOUNTS)[number];

/** What a route needs, as the specification's table says. */
export interface Line {
  need: string;
  /** The rows it lists or reads, and who sees each. */
  rows?: Readonly<Record<string, readonly Account[]>>;
  /** What is tried with it, and who may; `hidden` do not see the row, everybody else is forbidden. */
  acts?: readonly Act[];
  /** Who is answered, where it tells no row of the access world; an id that is nobody's answers them 404. */
  answers?: { body?: object; to: readonly Account[] };
  /** Open to whoever is known, with an account or without. */
  everybody?: true;
}

export interface Act {
  on?: string;
  body: (id: (name: string) => string) => object;
  may: readonly Account[];
  hidden?: readonly Account[];
}

/** The scopes an account's role type may not hold: PLATFORM §6. */
export const LACKS: Readonly<Record<Account, readonly string[]>> = {
  company: ["read:payouts", "write:submissions"],
  manager: ["read:payouts", "write:submissions"],
  rival: ["read:payouts", "write:submissions"],
  recruiter: ["write:roles"],
  otherRecruiter: ["write:roles"],
  team: ["write:roles"],
  platform: [],
};

const ACME = ["company", "manager"] as const;

/** Who runs an account: not the hiring manager. */
const MANAGERS = ACCOUNTS.filter((account) => account !== "manager");
const managing = (body?: object): Line => ({ need: "session", answers: { ...(body ? { body } : {}), to: MANAGERS } });
const administrating = (body?: object): Line => ({ need: "admin session", answers: { ...(body ? { body } : {}), to: ["platform"] } });

const ROLES = {
  "open job": ACCOUNTS,
  "Beta's job": ACCOUNTS,
  "Rival's job": ACCOUNTS,
  "invite-only job": [...ACME, "recruiter", "platform"],
  "filled job": [...ACME, "recruiter", "platform"],
  "draft job": [...ACME, "platform"],
  // the admins of Acme are Beta's too, but this is Acme's account
  "Beta's draft": ["platform"],
  "Rival's draft": ["rival", "platform"],
} as const;

const SUBMISSIONS = {
  "reached application": [...ACME, "recruiter", "platform"],
  "hired application": [...ACME, "recruiter", "platform"],
  "gated application": ["recruiter", "platform"],
  "interview application": ["recruiter", "platform"],
  "past application": ["rival", "platform"],
  "denied application": ["recruiter", "platform"],
  "stuck application": ["platform"],
  "proposed application": ["recruiter", "platform"],
  "draft application": ["recruiter", "platform"],
} as const;

const CANDIDATES = {
  "candidate candidate": [...ACME, "recruiter", "platform"],
  "candidate guarded": ["recruiter", "platform"],
  "candidate past": ["rival", "platform"],
  // a public profile that nobody of these submitted
  "candidate other": ["platform"],
  "candidate unmet": [],
} as const;

const INTAKES = { "intake of Acme": [...ACME, "platform"], "intake of Rival": ["rival", "platform"] } as const;

const PLACEMENTS = { placement: [...ACME, "recruiter", "platform"] } as const;

const PAYOUTS = {
  "payout candidate_recruiter": ["recruiter", "platform"],
  "payout candidate_sourcer": ["recruiter", "platform"],
  "payout company_recruiter": ["platform"],
  "payout company_sourcer": ["platform"],
  "payout job_owner": ["team", "platform"],
} as const;

const INVITATIONS = {
  "relationship of candidate": ["recruiter", "platform"],
  "relationship of guarded": ["recruiter", "platform"],
  "ended relationship": ["platform"],
  invitation: ["otherRecruiter", "platform"],
} as const;
/** Open to whoever acts within an account: each has its own, and every role type may hold the scope. */
const ofTheAccount = (body?: object): Line => ({ need: "manage:webhooks", answers: { ...(body ? { body } : {}), to: ACCOUNTS } });

export const MATRIX: Readonly<Record<string, Line>> = {
  "get /intake-requests": { need: "read:roles", rows: INTAKES },
  "get /intake-requests/{id}": { need: "read:roles", rows: INTAKES },
  "get /me": { need: "any", everybody: true },
  "get /event-types": { need: "any", everybody: true },
  "get /roles": { need: "read:roles", rows: ROLES },
  "get /roles/{id}": { need: "read:roles", rows: ROLES },
  "post /roles": {
    need: "write:roles",
    acts: [{ body: (id) => ({ company_id: id("Acme"), title: "New" }), may: ["company", "platform"] }],
  },
  "patch /roles/{id}": {
    need: "write:roles",
    acts: [
      { on: "open job", body: () => ({ status: "paused" }), may: ["company", "platform"] },
      { on: "draft job", body: () => ({ title: "Newer" }), may: ["company", "platform"], hidden: ["rival"] },
      { on: "Beta's draft", body: () => ({ title: "Newer" }), may: ["platform"], hidden: ["company", "manager", "rival"] },
    ],
  },
  "get /submissions": { need: "read:candidates", rows: SUBMISSIONS },
  "get /submissions/{id}": { need: "read:candidates", rows: SUBMISSIONS },
  "post /submissions": {
    need: "write:submissions",
    acts: [
      {
        body: (id) => ({ role_id: id("Rival's job"), candidate_id: id("candidate candidate") }),
        may: ["recruiter", "platform"],
      },
      {
        body: (id) => ({ role_id: id("draft job"), candidate_id: id("candidate candidate") }),
        may: ["platform"],
        hidden: ["recruiter", "otherRecruiter", "team"],
      },
    ],
  },
  "patch /submissions/{id}": {
    need: "write:updates",
    acts: [
      {
        on: "reached application",
        body: () => ({ stage: "screen" }),
        may: [...ACME, "platform"],
        hidden: ["rival", "otherRecruiter", "team"],
      },
      {
        on: "reached application",
        body: () => ({ notes: "Hm" }),
        may: [...ACME, "recruiter", "platform"],
        hidden: ["rival", "otherRecruiter", "team"],
      },
      {
        on: "gated application",
        body: () => ({ stage: "rejected", reason: "No" }),
        may: ["recruiter", "platform"],
        hidden: [...ACME, "rival", "otherRecruiter", "team"],
      },
    ],
  },
  "get /candidates": { need: "read:candidates", rows: CANDIDATES },
  "get /candidates/{id}": { need: "read:candidates", rows: CANDIDATES },
  "get /candidate-invitations": { need: "read:candidates", rows: INVITATIONS },
  "get /candidate-invitations/{id}": { need: "read:candidates", rows: INVITATIONS },
  "post /candidate-invitations": {
    need: "write:submissions",
    acts: [
      { body: (id) => ({ candidate_id: id("candidate other") }), may: ["recruiter", "otherRecruiter", "team"] },
      { body: () => ({ candidate: { name: "New", email: "new@people.test" } }), may: ["recruiter", "otherRecruiter", "team"] },
    ],
  },
  "get /placements": { need: "read:placements", rows: PLACEMENTS },
  "get /placements/{id}": { need: "read:placements", rows: PLACEMENTS },
  "get /payouts": { need: "read:payouts", rows: PAYOUTS },
  "get /payouts/{id}": { need: "read:payouts", rows: PAYOUTS },
  "get /api-keys": managing(),
  "post /api-keys": managing({ name: "New", scopes: ["read:roles"] }),
  "delete /api-keys/{id}": managing(),
  "post /api-keys/{id}/rotate": managing({}),
  "post /api-keys/{id}/adopt": managing(),
  "post /api-keys/{id}/suspend": administrating({ reason: "Leaked" }),
  "post /api-keys/{id}/unsuspend": administrating({ reason: "Found again" }),
  "get /oauth-clients": managing(),
  "post /oauth-clients": managing({
    name: "New",
    type: "public",
    redirect_uris: ["https://client.example/callback"],
    scopes: ["read:roles"],
  }),
  "patch /oauth-clients/{id}": managing({ name: "Newer" }),
  "delete /oauth-clients/{id}": managing(),
  "post /oauth-clients/{id}/rotate-secret": managing({}),
  "post /oauth-clients/{id}/suspend": administrating({ reason: "Leaked" }),
  "post /oauth-clients/{id}/unsuspend": administrating({ reason: "Found again" }),
  "get /approvals": administrating(),
  "post /approvals/{id}": administrating({ decision: "reject", reason: "No" }),
  "get /account-plan": managing(),
  "patch /account-plan": managing({ overage_enabled: false }),
  "put /account-plans/{account_id}": administrating({ plan: "premium", reason: "They asked" }),
  "get /usage/invoice-preview": managing(),
  "get /usage": { need: "any", everybody: true },
  "get /request-logs": { need: "read:audit or session", answers: { to: MANAGERS } },
  "get /audit-events/verify": { need: "read:audit or session", answers: { to: MANAGERS } },
  "get /audit-events": { need: "read:audit or session", answers: { to: MANAGERS } },
  "get /auth-events": { need: "read:audit or session", answers: { to: ["platform"] } },
  "get /oauth-grants": managing(),
  "delete /oauth-grants/{id}": managing(),
  "get /webhooks": ofTheAccount(),
  "post /webhooks": ofTheAccount({ url: "https://hooks.example.com/in", event_types: ["webhook.disabled"] }),
  "get /webhooks/{id}": ofTheAccount(),
  "patch /webhooks/{id}": ofTheAccount({ status: "disabled" }),
  "delete /webhooks/{id}": ofTheAccount(),
  "post /webhooks/{id}/rotate-secret": ofTheAccount({}),
  "post /webhooks/{id}/enable": ofTheAccount(),
  "post /webhooks/{id}/adopt": managing(),
  "post /webhooks/{id}/test": ofTheAccount(),
  "post /webhooks/{id}/suspend": administrating({ reason: "Odd" }),
  "post /webhooks/{id}/unsuspend": administrating({ reason: "Cleared" }),
  "get /webhook-deliveries": ofTheAccount(),
  "get /webhook-deliveries/{id}": ofTheAccount(),
  "post /webhook-deliveries/{id}/replay": ofTheAccount(),
  "get /replay-jobs": ofTheAccount(),
  // of a span that ends before it begins, which is told before the endpoint is looked for
  "post /replay-jobs": ofTheAccount({
    webhook_id: "00000000-0000-4000-8000-000000000001",
    filter: { since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" },
  }),
  "get /replay-jobs/{id}": ofTheAccount(),
  "post /replay-jobs/{id}/pause": ofTheAccount(),
  "post /replay-jobs/{id}/resume": ofTheAccount(),
  "post /replay-jobs/{id}/cancel": ofTheAccount(),
  "get /siem-destinations": managing(),
  // Splunk without its token, which is told before the plan is asked for
  "post /siem-destinations": managing({ kind: "splunk_hec", format: "json", url: "https://siem.example.com:8088/" }),
  "get /siem-destinations/{id}": managing(),
  "patch /siem-destinations/{id}": managing({ status: "disabled" }),
  "delete /siem-destinations/{id}": managing(),
  "post /siem-destinations/{id}/test": managing(),
};
