import type { Database } from "#db/connection.ts";
import { candidates, companies } from "#db/schema/ats.ts";
import { memberships, organizations, userRoles, users } from "#db/schema/identity.ts";
import { recruiters } from "#db/schema/network.ts";

export interface Person {
  userId: string;
  email: string;
  token: string;
}

/** Ways to put people and companies into a marketplace; `token` signs a subject in. */
export function peopleOf(db: Database, token: (subject: string, email: string) => Promise<string>) {
  let made = 0;

  /** A person without any role. */
  async function person(name = "Person"): Promise<Person> {
    const number = ++made;
    const subject = `user_${number}`;
    const email = `${name.toLowerCase().replaceAll(/\W+/g, ".")}.${number}@people.test`;
    const [row] = await db.writer.insert(users).values({ clerkUserId: subject, email, name }).returning({ id: users.id });
    return { userId: row?.id ?? "", email, token: await token(subject, email) };
  }

  async function platformAdmin(): Promise<Person> {
    const admin = await person("Platform Admin");
    await db.writer.insert(userRoles).values({ userId: admin.userId, roleName: "platform_admin" });
    return admin;
  }

  /** A company in an organization of its own, or in the given one. */
  async function company(name = "Acme", organizationId?: string): Promise<{ id: string; organizationId: string }> {
    const slug = `${name.toLowerCase().replaceAll(/\W+/g, "-")}-${++made}`;
    const organization =
      organizationId ?? (await db.writer.insert(organizations).values({ name, slug }).returning({ id: organizations.id }))[0]?.id ?? "";
    const [row] = await db.writer
      .insert(companies)
      .values({ name, slug, identityOrganizationId: organization })
      .returning({ id: companies.id });
    return { id: row?.id ?? "", organizationId: organization };
  }

  /** A member of a company: org-wide, or of this company only. */
  async function member(
    of: { id: string; organizationId: string },
    roleName: "company_admin" | "hiring_manager" = "company_admin",
    scoped = false,
  ): Promise<Person> {
    const employee = await person(roleName === "company_admin" ? "Company Admin" : "Hiring Manager");
    await db.writer
      .insert(memberships)
      .values({ userId: employee.userId, roleName, organizationId: of.organizationId, companyId: scoped ? of.id : null });
    return employee;
  }

  async function recruiter(
    name = "Recruiter",
    recruiterStatus: "pending" | "active" | "suspended" | "inactive" = "active",
  ): Promise<Person & { recruiterId: string }> {
    const user = await person(name);
    const [row] = await db.writer
      .insert(recruiters)
      .values({ userId: user.userId, name, status: recruiterStatus })
      .returning({ id: recruiters.id });
    return { ...user, recruiterId: row?.id ?? "" };
  }

  /** A candidate with a user of their own. */
  async function candidate(name = "Candidate"): Promise<Person & { candidateId: string }> {
    const user = await person(name);
    const [row] = await db.writer
      .insert(candidates)
      .values({ email: user.email, fullName: name, userId: user.userId })
      .returning({ id: candidates.id });
    return { ...user, candidateId: row?.id ?? "" };
  }

  return { person, platformAdmin, company, member, recruiter, candidate };
}
