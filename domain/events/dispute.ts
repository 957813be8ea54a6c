import type { Dispute } from "../disputes/dispute.ts";
import { event, type DomainEvent } from "./catalogue.ts";

const subject = ({ id }: { id: string }) => ({ type: "dispute", id });

export const disputeOpened = (dispute: Pick<Dispute, "id" | "placementId" | "disputeType">): DomainEvent =>
  event("dispute.opened", subject(dispute), {
    dispute_id: dispute.id,
    placement_id: dispute.placementId,
    dispute_type: dispute.disputeType,
  });

export const disputeUpdated = (
  before: Pick<Dispute, "status">,
  after: Pick<Dispute, "id" | "placementId" | "disputeType" | "status">,
): DomainEvent =>
  event("dispute.updated", subject(after), {
    dispute_id: after.id,
    placement_id: after.placementId,
    dispute_type: after.disputeType,
    old_status: before.status,
    new_status: after.status,
  });
