/** A person's part in an organization; without a company it holds for all of its companies. */
export interface MembershipFacts {
  id: string;
  roleName: "company_admin" | "hiring_manager";
  companyId: string | null;
}

/**
 * Whether nobody would administer what this membership administered, if it were taken away or
 * changed: an organization keeps an admin of all of it, a company keeps one of its own or of the
 * organization.
 *
 * @param after - the membership as it would be; null when it is removed
 * @param others - the other memberships of active people in the organization
 */
export function leavesNoAdmin(before: MembershipFacts, after: MembershipFacts | null, others: readonly MembershipFacts[]): boolean {
  if (before.roleName !== "company_admin") return false;
  const admins = [...others.filter(({ id }) => id !== before.id), ...(after ? [after] : [])].filter(
    ({ roleName }) => roleName === "company_admin",
  );
  return !admins.some(({ companyId }) => companyId === null || companyId === before.companyId);
}
