/** The names of which the seeded marketplace is made. Every host ends in `.test`, which nobody can own. */

export interface CompanyWords {
  name: string;
  industry: string;
  city: string;
  /** Its first company admin. */
  admin: string;
  adminEmail: string;
}

const company = (name: string, industry: string, city: string, admin: string): CompanyWords => ({
  name,
  industry,
  city,
  admin,
  adminEmail: `${slug(admin.split(" ")[0] ?? admin)}@${slug(name)}.test`,
});

/** `Harbor Bank` as `harbor-bank`. */
export const slug = (words: string): string => words.toLowerCase().replaceAll(/[^a-z\d]+/g, "-");

export const COMPANIES: readonly CompanyWords[] = [
  company("Acme", "Robotics", "Denver, CO", "Grace Hopper"),
  company("Northwind", "Trade", "Seattle, WA", "Nadia Frost"),
  company("Bluebird Health", "Healthcare", "Boston, MA", "Beatrice Wood"),
  company("Cinder Labs", "Software", "Austin, TX", "Caleb Stone"),
  company("Dovetail Logistics", "Logistics", "Memphis, TN", "Dora Lane"),
  company("Evergreen Energy", "Energy", "Portland, OR", "Evan Brook"),
  company("Fathom Analytics", "Data", "New York, NY", "Fiona Shaw"),
  company("Gristmill Foods", "Food", "Chicago, IL", "Gus Miller"),
  company("Harbor Bank", "Finance", "Charlotte, NC", "Helen Banks"),
  company("Ironwood Security", "Security", "Arlington, VA", "Ivan Marsh"),
  company("Juniper Travel", "Travel", "Miami, FL", "June Waters"),
  company("Kestrel Aerospace", "Aerospace", "Huntsville, AL", "Karl Wing"),
];

/** The recruiters beside Rosa and Tom, in the order in which the cast takes its parts. */
export const RECRUITER_NAMES: readonly string[] = [
  "Nora Quill",
  "Cleo March",
  "Sam Rivera",
  "Priya Nair",
  "Marcus Bell",
  "Elena Petrova",
  "Oscar Lind",
  "Finn Archer",
  "Lucy Tan",
  "Omar Haddad",
  "Walt Brandt",
  "Ines Duarte",
  "Jonas Weber",
  "Mei Lin",
  "Pavel Novak",
  "Ruth Okafor",
  "Andre Silva",
  "Hana Sato",
  "Leo Martin",
  "Nina Rossi",
  "Quentin Dupont",
  "Sofia Herrera",
  "Theo Clarke",
  "Una Byrne",
  "Viktor Hansen",
  "Wanda Kowalski",
  "Xavier Costa",
  "Yara Mansour",
  "Zoe Fields",
  "Amir Khan",
  "Bella Conti",
  "Chidi Eze",
  "Dana Weiss",
  "Emil Larsen",
  "Freya Holm",
  "Gideon Katz",
  "Hector Ruiz",
  "Isla Grant",
];

export interface JobWords {
  title: string;
  department: string;
  jobFunction: string;
  /** In thousands of dollars. */
  salary: readonly [number, number];
  skills: readonly string[];
}

const job = (title: string, department: string, jobFunction: string, from: number, to: number, ...skills: string[]): JobWords => ({
  title,
  department,
  jobFunction,
  salary: [from, to],
  skills,
});

export const JOBS: readonly JobWords[] = [
  job("Staff Engineer", "Engineering", "engineering", 165, 210, "TypeScript", "PostgreSQL", "system design"),
  job("Product Manager", "Product", "product", 130, 165, "roadmaps", "discovery", "analytics"),
  job("Account Executive", "Sales", "sales", 90, 140, "enterprise sales", "negotiation", "CRM"),
  job("Data Scientist", "Data", "data", 120, 160, "Python", "statistics", "SQL"),
  job("Financial Controller", "Finance", "finance", 115, 145, "GAAP", "audit", "forecasting"),
  job("Backend Engineer", "Engineering", "engineering", 120, 155, "Go", "PostgreSQL", "Kubernetes"),
  job("UX Designer", "Design", "design", 95, 130, "Figma", "user research", "prototyping"),
  job("Customer Success Lead", "Customer Success", "customer_success", 80, 110, "onboarding", "renewals", "CRM"),
  job("Site Reliability Engineer", "Engineering", "engineering", 135, 175, "Kubernetes", "Terraform", "observability"),
  job("HR Business Partner", "People", "people", 85, 115, "employee relations", "coaching", "compensation"),
  job("Marketing Manager", "Marketing", "marketing", 90, 120, "campaigns", "SEO", "analytics"),
  job("Operations Director", "Operations", "operations", 150, 190, "supply chain", "lean", "budgeting"),
];

export const FIRST_NAMES: readonly string[] = [
  "Ada",
  "Ben",
  "Cora",
  "Dev",
  "Elif",
  "Farid",
  "Gwen",
  "Hugo",
  "Ivy",
  "Jamal",
  "Kira",
  "Liam",
  "Mara",
  "Noah",
  "Olga",
  "Paul",
  "Quinn",
  "Rania",
  "Seth",
  "Tara",
  "Uri",
  "Vera",
  "Will",
  "Ximena",
  "Yusuf",
  "Zara",
  "Anil",
  "Bea",
  "Cyrus",
  "Dina",
];

export const LAST_NAMES: readonly string[] = [
  "Adler",
  "Baker",
  "Chen",
  "Diaz",
  "Evans",
  "Fischer",
  "Garcia",
  "Hoffman",
  "Ito",
  "Jensen",
  "Kaur",
  "Lopez",
  "Meyer",
  "Nguyen",
  "Ortiz",
  "Patel",
  "Reyes",
  "Singh",
  "Turner",
  "Vega",
];

export const CITIES: readonly string[] = [
  "Denver, CO",
  "Seattle, WA",
  "Boston, MA",
  "Austin, TX",
  "New York, NY",
  "Chicago, IL",
  "Atlanta, GA",
  "San Diego, CA",
];

export const EMPLOYERS: readonly string[] = [
  "Larkspur",
  "Pinnacle Systems",
  "Quarry Street",
  "Redwood Partners",
  "Silverline",
  "Tidewater",
  "Upland Media",
];
