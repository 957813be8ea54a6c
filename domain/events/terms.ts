import type { Tier } from "../commission/rates.ts";
import { event, type DomainEvent } from "./catalogue.ts";

/** Other numbers of the fee hold from an instant on. */
export const feeTermsChanged = ({ id, effectiveFrom }: { id: string; effectiveFrom: Date }): DomainEvent =>
  event("fee_terms.changed", { type: "fee_terms", id }, { fee_terms_id: id, effective_from: effectiveFrom.toISOString() });

/** Other rates of a tier hold from an instant on. */
export const splitsRatesChanged = ({ id, tier, effectiveFrom }: { id: string; tier: Tier; effectiveFrom: Date }): DomainEvent =>
  event("splits_rates.changed", { type: "splits_rates", id }, { splits_rates_id: id, tier, effective_from: effectiveFrom.toISOString() });
