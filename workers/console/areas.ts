import type { Access } from "#services/context.ts";

/** A part of the console, as the navigation names it. */
export interface Area {
  name: string;
  path: string;
  /** Who has it at all; everybody unless told. The pages ask for themselves. */
  opensTo?: (access: Access) => boolean;
}

/** The navigation, in its order. */
export const AREAS: readonly Area[] = [
  { name: "Home", path: "/console" },
  { name: "Notifications", path: "/console/notifications" },
  { name: "Sessions", path: "/console/sessions" },
];

/** Whether a page stands in an area: at its address or below it. */
export const isIn = (area: Area, path: string): boolean =>
  path === area.path || (area.path !== "/console" && path.startsWith(`${area.path}/`));
