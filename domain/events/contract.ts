import { event, type DomainEvent } from "./catalogue.ts";

interface Facts {
  id: string;
  companyId: string;
}

const subject = ({ id }: Facts) => ({ type: "contract", id });
const facts = ({ id, companyId }: Facts) => ({ contract_id: id, company_id: companyId });

export const contractCreated = (contract: Facts): DomainEvent => event("contract.created", subject(contract), facts(contract));

export const contractUpdated = (contract: Facts, updatedFields: readonly string[]): DomainEvent =>
  event("contract.updated", subject(contract), { ...facts(contract), updated_fields: updatedFields });

export const contractDeleted = (contract: Facts): DomainEvent => event("contract.deleted", subject(contract), facts(contract));

export const contractApproved = (contract: Facts): DomainEvent => event("contract.approved", subject(contract), facts(contract));

export const contractEnded = (contract: Facts): DomainEvent => event("contract.ended", subject(contract), facts(contract));

export const contractExpires = (contract: Facts, days: number): DomainEvent =>
  event("contract.expiring", subject(contract), { ...facts(contract), days });

export const contractFellShort = (contract: Facts, placements: number, promised: number): DomainEvent =>
  event("contract.shortfall", subject(contract), { ...facts(contract), placements, promised });
