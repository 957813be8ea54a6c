import type { DisabledReason } from "../webhooks/words.ts";
import { event, type DomainEvent } from "./catalogue.ts";

/** An endpoint as its events name it. */
export interface WebhookFacts {
  id: string;
  accountId: string;
  ownerUserId: string;
}

const subject = ({ id }: WebhookFacts) => ({ type: "webhook", id });

const facts = ({ id, accountId, ownerUserId }: WebhookFacts) => ({ webhook_id: id, account_id: accountId, owner_user_id: ownerUserId });

export const webhookDisabled = (webhook: WebhookFacts, reason: DisabledReason): DomainEvent =>
  event("webhook.disabled", subject(webhook), { ...facts(webhook), disabled_reason: reason });

/** `percent`: how much of the days is over after which it is disabled. */
export const webhookFailing = (webhook: WebhookFacts, percent: number): DomainEvent =>
  event("webhook.failing", subject(webhook), { ...facts(webhook), percent });

/** Of all deliveries that became final in a day, too few arrived. `id`: of this alarm. */
export const successRateLow = (id: string, { succeeded, dead }: { succeeded: number; dead: number }): DomainEvent =>
  event("webhooks.success_rate_low", { type: "webhook_deliveries", id }, { succeeded, dead });
