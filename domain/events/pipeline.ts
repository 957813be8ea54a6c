import { type DomainEvent, event } from "./catalogue.ts";

/** A queue gave a message up, or an entrance refused too many. */
export const pipelineFailed = ({ id, queue }: { id: string; queue: string }): DomainEvent =>
  event("pipeline.failed", { type: "pipeline_failure", id }, { pipeline_failure_id: id, queue });
