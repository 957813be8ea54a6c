import { brands, intakeRequests, whiteLabelPages } from "#db/schema/ats.ts";
import type { Ground } from "./ground.ts";
import type { SeededCompany } from "./market.ts";

/** What the first companies show of themselves to people outside: their colours, and words of welcome. */
const PAGES = [
  {
    color: "#0b5d4b",
    welcome:
      "We build the robots that pack, lift and carry, and we hire the people who teach them how. If you know somebody who should be here, we would like to hear from you.",
    instructions:
      "Talk to the candidate first and tell us in three sentences why this role fits.\n\nWe answer every submission within a week, and we tell you why if it is a no.",
    thanks: "Thank you. We read everything that arrives here and come back to you within three days.",
  },
  { color: "#f5c518", welcome: "Open roles for our partners.", instructions: null, thanks: null },
] as const;

/** Dresses the first companies' pages, and leaves a role in the first one's inbox. */
export function makePages(ground: Ground, companies: readonly SeededCompany[]): void {
  for (const [place, { color, ...words }] of PAGES.entries()) {
    const company = companies[place];
    if (!company) return;
    const born = ground.born(ground.daysAgo(30));
    ground.add(brands, { ...born, companyId: company.id, color });
    ground.add(whiteLabelPages, { ...ground.born(ground.daysAgo(30)), companyId: company.id, roles: "all", ...words });
  }
  const [first] = companies;
  if (!first) return;
  ground.add(intakeRequests, {
    ...ground.born(ground.daysAgo(1)),
    companyId: first.id,
    source: "white_label",
    fields: {
      contact_name: "Mira Chen",
      contact_email: "mira.chen@client.test",
      role_title: "Head of Field Robotics",
      location: "Denver, CO",
      employment_type: "Full-time",
      description: "Leads the team that installs and keeps our robots running at customers' sites.",
    },
  });
}
