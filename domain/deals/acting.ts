import { SYSTEM_USER_ID } from "../ids.ts";
import { forbidden, invalidField, overrideReasonOwed } from "../refusals.ts";
import type { Actor, Party } from "./deal.ts";

/** Who did it, and as what. */
export interface Acting<As extends Party | "system" = Party> {
  userId: string;
  actedAs: As;
  override: boolean;
}

/** The scheduler and the queue consumers. */
export const BY_SYSTEM: Acting<"system"> = { userId: SYSTEM_USER_ID, actedAs: "system", override: false };

/**
 * The first of these parties the actor is. Refuses with `forbidden` who is none of them, and a platform
 * admin who does not say why.
 */
export function actingOnlyAs(actor: Actor, parties: readonly Party[], what: string): Acting {
  const party = parties.find((each) => actor.parties.has(each));
  if (!party) throw forbidden(`Your part in this deal does not let you ${what}.`);
  const override = party === "platform_admin";
  if (override && actor.overrideReason === null) throw overrideReasonOwed("/reason");
  return { userId: actor.userId, actedAs: party, override };
}

/** The first of these parties the actor is; a platform admin stands in for any of them. */
export const actingAs = (actor: Actor, parties: readonly Party[], what: string): Acting =>
  actingOnlyAs(actor, [...parties, "platform_admin"], what);

/** A text that must say something, trimmed. Refuses a missing or blank one. */
export function required(field: string, text: string | null | undefined): string {
  const said = text?.trim();
  if (!said) throw invalidField(field, "required", `The field ${field} is required.`);
  return said;
}

/** A text that may be missing; blank is missing. */
export const optional = (text: string | null | undefined): string | null => text?.trim() || null;
