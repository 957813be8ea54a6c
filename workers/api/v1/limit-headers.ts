import type { Admission } from "./admission.ts";

/**
 * Where a subject stands, on every authenticated response: the draft's structured fields and the stable
 * `X-RateLimit-*` beside them. `t` and Reset tell when the next unit frees, always at a whole minute.
 *
 * @see draft-ietf-httpapi-ratelimit-headers-11
 */
export function limitHeaders(admission: Admission | undefined, status: number, at: Date): Record<string, string> {
  const verdict = admission?.verdict;
  if (!verdict) return {};
  const reset = status === 429 && verdict.retryAt !== null ? verdict.retryAt : verdict.resetAt;
  const seconds = Math.max(0, reset - Math.floor(at.getTime() / 1_000));
  return {
    "RateLimit-Policy": `"${verdict.record.plan}";q=${verdict.limit};w=3600`,
    RateLimit: `"${verdict.record.plan}";r=${verdict.remaining};t=${seconds}`,
    "X-RateLimit-Limit": String(verdict.limit),
    "X-RateLimit-Remaining": String(verdict.remaining),
    "X-RateLimit-Used": String(verdict.used),
    "X-RateLimit-Reset": String(reset),
    "X-RateLimit-Resource": "core",
    ...(verdict.overage ? { "X-Overage": "1" } : {}),
  };
}
