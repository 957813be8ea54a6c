import { describe, expect, it } from "vitest";
import type { EventPayloads, EventType } from "#domain/events/catalogue.ts";
import { payloadText, publish, PUBLISHED_EVENTS, testEvent } from "#domain/events/published.ts";

const job = { job_id: "job", company_id: "company" };
const deal = { application_id: "app", job_id: "job", candidate_id: "cand", candidate_recruiter_id: "rita", company_recruiter_id: null };
const moved = { ...deal, old_stage: "screen", new_stage: "interview", changed_by: "somebody" };
const payout = { transaction_id: "pay", placement_id: "pl", recruiter_id: "rita", role: "job_owner", amount_cents: 800_000 };

const of = <T extends EventType>(type: T, payload: EventPayloads[T]) => publish({ type, payload } as never);
const status = (from: string, to: string, first = false) =>
  of("job.status_changed", { ...job, old_status: from, new_status: to, first_activation: first });

const ROLE = { role_id: "job", company_id: "company" };
const SUBMISSION = { application_id: "app", role_id: "job", candidate_id: "cand" };

describe("the public form (PLATFORM §13.2, DOMAIN §6.2)", () => {
  it.each([
    ["a job created as active", of("job.created", { ...job, status: "active" }), "role.created", { ...ROLE, status: "active" }],
    ["a first activation", status("draft", "active", true), "role.created", { ...ROLE, status: "active" }],
    [
      "a change",
      of("job.updated", { ...job, updated_fields: ["jobLevel", "title"] }),
      "role.updated",
      { ...ROLE, updated_fields: ["job_level", "title"] },
    ],
    ["a pause", status("active", "paused"), "role.updated", { ...ROLE, updated_fields: ["status"] }],
    ["a reopening", status("closed", "active"), "role.updated", { ...ROLE, updated_fields: ["status"] }],
    ["a close", status("paused", "closed"), "role.closed", { ...ROLE, old_status: "paused", new_status: "closed" }],
    [
      "a submission",
      of("application.submitted", { ...moved, new_stage: "submitted" }),
      "application.submitted",
      { ...SUBMISSION, stage: "submitted" },
    ],
    [
      "a new stage",
      of("application.stage_changed", moved),
      "application.stage_changed",
      { ...SUBMISSION, old_stage: "screen", new_stage: "interview", changed_by: "somebody" },
    ],
    [
      "a withdrawal",
      of("application.withdrawn", { ...deal, old_stage: "offer", withdrawn_by: "recruiter" }),
      "application.withdrawn",
      { ...SUBMISSION, old_stage: "offer", withdrawn_by: "recruiter" },
    ],
    [
      "a role that was handed in",
      of("intake.submitted", {
        intake_request_id: "in",
        company_id: "company",
        source: "widget",
        submitted_at: "2026-01-01T00:00:00.000Z",
      }),
      "intake.submitted",
      { intake_request_id: "in", company_id: "company", source: "widget", submitted_at: "2026-01-01T00:00:00.000Z" },
    ],
    [
      "a hire",
      of("placement.created", {
        ...deal,
        placement_id: "pl",
        company_id: "company",
        job_owner_recruiter_id: null,
        candidate_sourcer_recruiter_id: null,
        company_sourcer_recruiter_id: null,
        fee_percentage: "20.00",
        placement_fee_cents: 2_000_000,
        start_date: "2027-01-04",
        guarantee_expires_at: "2027-04-04T00:00:00Z",
      }),
      "placement.created",
      { placement_id: "pl", ...SUBMISSION, start_date: "2027-01-04" },
    ],
    [
      "a payout",
      of("payout.processed", { ...payout, net_cents: 700_000 }),
      "payout.processed",
      { payout_id: "pay", placement_id: "pl", amount_cents: 800_000, currency: "usd" },
    ],
    [
      "a payout that failed for good",
      of("payout.failed", { ...payout, retry_count: 5, final: true, reason: "refused" }),
      "payout.failed",
      { payout_id: "pay", placement_id: "pl", amount_cents: 800_000, currency: "usd", reason: "refused" },
    ],
    [
      "a disabled endpoint",
      of("webhook.disabled", { webhook_id: "w", account_id: "a", owner_user_id: "u", disabled_reason: "gone_410" }),
      "webhook.disabled",
      { webhook_id: "w", disabled_reason: "gone_410" },
    ],
    ["a test", testEvent("w"), "webhook.test", { webhook_id: "w" }],
  ])("of %s", (_, published, type, data) => {
    expect(published).toMatchObject({ type });
    expect(published?.data).toEqual(data);
    // exactly the members that the catalogue promises
    expect(Object.keys(data)).toEqual(PUBLISHED_EVENTS.find((known) => known.type === type)?.data);
  });

  it.each([
    ["a draft", of("job.created", { ...job, status: "draft" })],
    ["a draft that is given up", status("draft", "closed")],
    ["a payout that is tried again", of("payout.failed", { ...payout, retry_count: 1, final: false, reason: "refused" })],
    ["what is the house's own", of("payout.due", { transaction_id: "pay" })],
  ])("does not exist of %s", (_, published) => {
    expect(published).toBeNull();
  });

  it("is one text whose keys stand in the order of the specification", () => {
    const text = payloadText("01", testEvent("w"), { occurredAt: new Date("2025-12-15T10:30:00Z"), sequence: 7 });
    expect(text).toBe(
      '{"id":"evt_01","event":"webhook.test","type":"webhook.test","timestamp":"2025-12-15T10:30:00.000Z","api_version":"v1","sequence":7,"data":{"webhook_id":"w"}}',
    );
  });
});
