import { classOfStatus, type SendOutcome } from "#domain/webhooks/outcome.ts";

/** What became of a request: by its status, or without one because nobody answered. */
export const outcome = (httpStatus: number | null, fields: Partial<SendOutcome> = {}): SendOutcome => ({
  errorClass: httpStatus === null ? "connect" : classOfStatus(httpStatus),
  httpStatus,
  retryAfterSeconds: null,
  responseHeaders: null,
  responseBody: null,
  resolveMs: null,
  firstByteMs: null,
  durationMs: 1,
  ...fields,
});
