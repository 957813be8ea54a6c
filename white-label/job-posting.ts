import type { Place, PublicRole } from "#services/white-label/place.ts";

const EMPLOYMENT: Readonly<Record<NonNullable<PublicRole["employmentType"]>, string>> = {
  full_time: "FULL_TIME",
  part_time: "PART_TIME",
  contract: "CONTRACTOR",
  temporary: "TEMPORARY",
};

/**
 * A role as search engines read it (schema.org JobPosting). Only of a role that can be applied for at an
 * address of the company's (SURFACES S-4); all that stands here stands on the page.
 *
 * @param logo - the address of the company's logo
 * @returns null where nobody can apply, or where what is required is missing
 */
export function jobPostingOf(place: Place, role: PublicRole, logo: string | null): Record<string, unknown> | null {
  const isRemote = role.commuteTypes.includes("remote");
  if (role.standing !== "open" || role.applyUrl === null || !role.description || !role.openedAt || !role.location) return null;
  return {
    "@context": "https://schema.org",
    "@type": "JobPosting",
    title: role.title,
    description: role.description,
    datePosted: role.openedAt.toISOString().slice(0, 10),
    hiringOrganization: { "@type": "Organization", name: place.name, ...(logo ? { logo } : {}) },
    identifier: { "@type": "PropertyValue", name: place.name, value: role.slug },
    directApply: false,
    jobLocation: { "@type": "Place", address: { "@type": "PostalAddress", addressLocality: role.location } },
    ...(isRemote
      ? { jobLocationType: "TELECOMMUTE", applicantLocationRequirements: { "@type": "AdministrativeArea", name: role.location } }
      : {}),
    ...(role.closesAt ? { validThrough: role.closesAt.toISOString() } : {}),
    ...(role.employmentType ? { employmentType: EMPLOYMENT[role.employmentType] } : {}),
    ...(role.salaryMin !== null || role.salaryMax !== null ? { baseSalary: salaryOf(role) } : {}),
  };
}

const salaryOf = ({ salaryMin, salaryMax }: PublicRole) => ({
  "@type": "MonetaryAmount",
  currency: "USD",
  value: {
    "@type": "QuantitativeValue",
    unitText: "YEAR",
    ...(salaryMin === null ? {} : { minValue: salaryMin / 100 }),
    ...(salaryMax === null ? {} : { maxValue: salaryMax / 100 }),
  },
});

/** Data inside a page: whatever a text says, it does not end the element it stands in. */
export const asData = (value: object): string => JSON.stringify(value).replaceAll("<", "\\u003c");
