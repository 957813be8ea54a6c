import type { Context } from "#services/context.ts";
import type { Origins } from "#services/notifications/send-mails.ts";
import type { MailSender } from "#services/ports.ts";
import { deliveries } from "./deliveries.ts";
import { events } from "./events.ts";
import { mail } from "./mail.ts";
import { payouts } from "./payouts.ts";
import { pipelineDlq } from "./pipeline-dlq.ts";
import { replays } from "./replays.ts";
import { requestLog } from "./request-log.ts";
import { siem } from "./siem.ts";
import { stripeEvents } from "./stripe-events.ts";
import { stripeWork } from "./stripe-work.ts";
import { usage } from "./usage.ts";

/** What a consumer works with: a context of the system, made anew for each batch. */
export interface Consumption {
  ctx: Context;
  mailer: MailSender;
  origins: Origins;
}

/** A consumer of one queue: does each message's work once, acknowledges what is done, retries the rest. */
export type Consumer = (batch: MessageBatch, work: Consumption) => Promise<void>;

/** One consumer per queue, by the queue's name. */
export const CONSUMERS: Readonly<Record<string, Consumer>> = {
  events,
  deliveries,
  mail,
  payouts,
  "stripe-work": stripeWork,
  "stripe-events": stripeEvents,
  replays,
  siem,
  usage,
  "request-log": requestLog,
  "pipeline-dlq": pipelineDlq,
};
