import type { Access } from "#services/context.ts";

/** A part of the console, as the navigation names it. */
export interface Area {
  name: string;
  path: string;
  /** Who has it at all; everybody unless told. The pages ask for themselves. */
  opensTo?: (access: Access) => boolean;
}

/** Whether somebody is an owner or admin of an account; within one account the others are known by `accountIds` alone. */
const managesAccounts = ({ recruiterId, adminCompanyIds, isPlatformAdmin, accountIds }: Access): boolean =>
  recruiterId !== null || adminCompanyIds.length > 0 || isPlatformAdmin || accountIds.length > 0;

/** The account of a platform admin has the admin's own id. */
const administers = ({ isPlatformAdmin, accountIds, userId }: Access): boolean => isPlatformAdmin || accountIds.some((id) => id === userId);

/** The navigation, in its order. */
export const AREAS: readonly Area[] = [
  { name: "Home", path: "/console" },
  { name: "Notifications", path: "/console/notifications" },
  {
    name: "From candidates",
    path: "/console/applications",
    opensTo: ({ companyIds, recruiterId }) => companyIds.length > 0 || recruiterId !== null,
  },
  { name: "Company", path: "/console/company", opensTo: ({ adminCompanyIds }) => adminCompanyIds.length > 0 },
  { name: "Developers", path: "/developers", opensTo: managesAccounts },
  { name: "Administration", path: "/console/admin", opensTo: administers },
  { name: "Sessions", path: "/console/sessions" },
];

/** Whether a page stands in an area: at its address or below it. */
export const isIn = (area: Area, path: string): boolean =>
  path === area.path || (area.path !== "/console" && path.startsWith(`${area.path}/`));
