import { event, type DomainEvent } from "./catalogue.ts";

export const switchChanged = ({ id, name, enabled }: { id: string; name: string; enabled: boolean }): DomainEvent =>
  event("switch.changed", { type: "switch", id }, { name, enabled });
