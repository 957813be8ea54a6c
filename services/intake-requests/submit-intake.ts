import { HONEYPOT } from "#domain/intake/fields.ts";
import type { Proof } from "#domain/intake/proof.ts";
import { conflict, invalidField, Refusal } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { type IntakeForm, readIntakeForm } from "./intake-form.ts";
import { spendProof } from "./proof.ts";
import { takeIntake } from "./take-intake.ts";

/** What a widget posts, and from where. */
export interface PostedIntake {
  companyId: string;
  /** The address of the client. */
  address: string;
  /** Of the page that the widget stands in, as the browser says; null where it says none. */
  origin: string | null;
  type: IntakeForm["type"];
  /** The answers by the names of the questions, the bait for robots among them. */
  fields: Readonly<Record<string, unknown>>;
  proof: Proof | undefined;
  /** What Turnstile gave the visitor. */
  turnstile: string | undefined;
}

/**
 * Takes in a role that a widget posts. Each step answers before the next runs (SURFACES §3): an origin
 * that the company does not allow, a closed intake, more than ten an hour from one address, a robot's
 * answer, a proof of work that is missing, foreign, too old or spent, a no of Turnstile where the company
 * asks it, answers that do not fit. A robot is thanked and nothing is stored.
 *
 * @param hostOf - the origin of the company's own pages, by its slug; it is always allowed
 */
export async function submitIntake(
  ctx: Context,
  hostOf: (slug: string) => string,
  { companyId, address, origin, type, fields, proof, turnstile }: PostedIntake,
): Promise<{ id: string }> {
  const form = await readIntakeForm(ctx, companyId);
  requireOrigin([...form.allowedOrigins, hostOf(form.slug)], origin);
  if (!form.isOpen) throw conflict(`${form.company} takes no new roles at the moment.`, { reason: "intake_closed" });
  const guard = ctx.ports.intake(companyId, address);
  const waits = await guard.take("request", Math.floor(ctx.now().getTime() / 1_000));
  if (waits > 0) throw new Refusal("rate_limited", "Ten roles an hour can be handed in from one address.", { retry_after: waits });
  const { [HONEYPOT]: bait, ...answers } = fields;
  if (bait !== undefined && bait !== "") return { id: ctx.newId() };
  await spendProof(ctx, guard, { companyId, address }, proof);
  await requireTurnstile(ctx, form, turnstile, address);
  return takeIntake(ctx, form.fields, { companyId, source: "widget", widgetType: type, origin, answers }, "/fields");
}

function requireOrigin(allowed: readonly string[], origin: string | null): void {
  if (origin !== null && origin !== "null" && allowed.includes(origin)) return;
  const words = origin === null ? "A page must say its origin." : `The company does not allow forms on ${origin}.`;
  throw new Refusal("origin_not_allowed", words);
}

/** Never the only guard: while Turnstile cannot be asked, the proof of work stands alone. */
async function requireTurnstile(
  ctx: Context,
  { companyId, turnstile }: IntakeForm,
  token: string | undefined,
  address: string,
): Promise<void> {
  if (!turnstile) return;
  if (!token) throw invalidField("turnstile", "required", "The check that you are a person is missing.");
  const secret = await ctx.ports.seal.open(turnstile.secretEnc, `turnstile ${companyId}`);
  const verdict = secret === null ? "unknown" : await ctx.ports.isPerson({ secret, token, address });
  if (verdict === "no") throw invalidField("turnstile", "invalid", "The check that you are a person failed.");
  if (verdict === "unknown") ctx.ports.log("warn", "Turnstile could not be asked", { company_id: companyId });
}
