/** The states of an endpoint (PLATFORM §13.3). An unverified one receives nothing but tests. */
export const WEBHOOK_STATUSES = ["unverified", "active", "disabled"] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

export const DISABLED_REASONS = ["owner", "admin", "gone_410", "failing_5_days", "scope_lost", "owner_gone", "key_leaked"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** The states of a delivery. `parked`: due, but its endpoint's breaker is open or it is no longer active. */
export const DELIVERY_STATUSES = ["pending", "in_flight", "retrying", "parked", "succeeded", "dead", "skipped"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why something was sent. A `probe` asks whether an endpoint that failed is back, and spends no attempt. */
export const ATTEMPT_TRIGGERS = ["auto", "manual", "replay", "test", "probe"] as const;
export type AttemptTrigger = (typeof ATTEMPT_TRIGGERS)[number];

/** What kept an attempt from succeeding. `body_too_large`: our own payload, which is a fault of ours. */
export const ERROR_CLASSES = [
  "dns",
  "connect",
  "tls",
  "timeout",
  "http_3xx",
  "http_4xx",
  "http_5xx",
  "blocked_destination",
  "body_too_large",
  "internal",
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** Why a delivery was never sent. */
export const SKIP_REASONS = ["endpoint_disabled", "scope_lost"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];
