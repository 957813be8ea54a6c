import type { Access } from "./context.ts";

/** Who can come by a way: what the access context must hold for the way to lead anywhere. */
export const everybody = (): boolean => true;
export const platformAdmins = (access: Access): boolean => access.isPlatformAdmin;
export const companyPeople = (access: Access): boolean => access.companyIds.length > 0;
export const recruitersOnly = (access: Access): boolean => access.recruiterId !== null;
export const candidatesOnly = (access: Access): boolean => access.candidateId !== null;
export const organizationPeople = (access: Access): boolean => access.organizationIds.length > 0;
