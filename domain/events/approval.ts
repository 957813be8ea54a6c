import type { Approval } from "../approvals/approval.ts";
import { event, type DomainEvent } from "./catalogue.ts";

type Facts = Pick<Approval, "id" | "action" | "status">;

const subject = ({ id }: Facts) => ({ type: "approval", id });

export const approvalRequested = (approval: Facts): DomainEvent =>
  event("approval.requested", subject(approval), { approval_id: approval.id, action: approval.action });

/** It was approved, rejected, used or has expired. */
export const approvalDecided = (approval: Facts): DomainEvent =>
  event("approval.decided", subject(approval), { approval_id: approval.id, action: approval.action, status: approval.status });
