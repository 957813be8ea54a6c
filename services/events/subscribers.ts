import { notificationSubscriber } from "../notifications/notify.ts";
import { grantSubscriber } from "../oauth/grant-subscriber.ts";
import { payoutSubscriber } from "../payouts/sweep.ts";
import { stripeWorkSubscriber } from "../stripe-operations/stripe-work-subscriber.ts";
import { cacheSubscriber } from "../companies/cache-subscriber.ts";
import { credentialSubscriber } from "../credentials/credential-subscriber.ts";
import { clerkSubscriber } from "../users/clerk-subscriber.ts";
import { loginMailSubscriber } from "../login/mail-login.ts";
import { webhookScopeSubscriber } from "../webhooks/scope-subscriber.ts";
import { webhookSubscriber } from "../webhooks/fan-out.ts";
import type { Subscriber } from "./handle-events.ts";

/** Everybody who does something about events; partners wait for theirs, so they come first. */
export const SUBSCRIBERS: readonly Subscriber[] = [
  webhookSubscriber,
  notificationSubscriber,
  clerkSubscriber,
  stripeWorkSubscriber,
  payoutSubscriber,
  credentialSubscriber,
  grantSubscriber,
  cacheSubscriber,
  webhookScopeSubscriber,
  loginMailSubscriber,
];
