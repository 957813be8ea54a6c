import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { PRIVACY_REQUEST_KINDS, PRIVACY_REQUEST_STATUSES } from "#db/schema/ats.ts";
import { answerDueAt } from "#domain/portal/answer-due.ts";
import {
  getPrivacyRequest,
  listPrivacyRequests,
  type PrivacyRequest,
  privacyRequestNoun,
} from "#services/privacy-requests/privacy-request.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { Id, Instant, instant } from "./shapes.ts";

const PrivacyRequestShape = z
  .object({
    id: Id,
    candidate_id: Id,
    kind: z.enum(PRIVACY_REQUEST_KINDS),
    status: z.enum(PRIVACY_REQUEST_STATUSES),
    due_at: Instant.openapi({ description: "Until when the law asks for an answer: a month after it was asked" }),
    done_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("PrivacyRequest");

const privacyRequest = (row: PrivacyRequest): z.infer<typeof PrivacyRequestShape> => ({
  id: row.id,
  candidate_id: row.candidateId,
  kind: row.kind,
  status: row.status,
  due_at: answerDueAt(row.createdAt).toISOString(),
  done_at: instant(row.doneAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

/** What candidates want done with their data: for platform admins. */
export function privacyRequests(api: OpenAPIHono<ApiEnv>): void {
  listOperation<PrivacyRequest>(api, {
    path: "/privacy-requests",
    access: ["privacy-requests", "list"],
    summary: "List what candidates want done with their data",
    description: "For platform admins: who asks to be deleted, and who took their data along.",
    noun: privacyRequestNoun,
    filters: z.object({ kind: z.enum(PRIVACY_REQUEST_KINDS), status: z.enum(PRIVACY_REQUEST_STATUSES), candidate_id: Id }),
    item: PrivacyRequestShape,
    run: listPrivacyRequests,
    present: privacyRequest,
  });
  readOperation<PrivacyRequest>(api, {
    path: "/privacy-requests/{id}",
    access: ["privacy-requests", "get"],
    summary: "Read what a candidate wants done with their data",
    noun: privacyRequestNoun,
    item: PrivacyRequestShape,
    run: getPrivacyRequest,
    present: privacyRequest,
  });
}
