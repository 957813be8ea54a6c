/** The body of a refusal, inside Stripe's `error` envelope. */
export interface Problem {
  type: "invalid_request_error" | "card_error" | "api_error" | "idempotency_error";
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  doc_url?: string;
}

/** A refusal as Stripe words it, with the HTTP code of its answer. */
export class StripeRefusal extends Error {
  override name = "StripeRefusal";
  readonly http: number;
  readonly problem: Problem;

  constructor(http: number, problem: Problem) {
    super(problem.message);
    this.http = http;
    this.problem = problem.code === undefined ? problem : { ...problem, doc_url: documentation(problem.code) };
  }
}

const documentation = (code: string): string => `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;

/** A refusal for something wrong with the request: 400 unless told otherwise. */
export function invalid(message: string, more: { code?: string; param?: string; http?: number } = {}): StripeRefusal {
  const { http = 400, ...rest } = more;
  return new StripeRefusal(http, { type: "invalid_request_error", message, ...rest });
}

/** What Stripe says of an id in the path that it does not know (404). */
export const noSuch = (noun: string, id: string, param = "id"): StripeRefusal =>
  invalid(`No such ${noun}: '${id}'`, { http: 404, code: "resource_missing", param });

/** What Stripe says of an id in a parameter that it does not know (400). */
export const noSuchParam = (noun: string, id: string, param: string): StripeRefusal =>
  invalid(`No such ${noun}: '${id}'`, { code: "resource_missing", param });

/** A required parameter is missing. */
export const missing = (param: string): StripeRefusal => invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });
