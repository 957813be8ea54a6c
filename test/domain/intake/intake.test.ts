import { describe, expect, it } from "vitest";
import { draftOf } from "#domain/intake/draft.ts";
import { intakeCsv } from "#domain/intake/intake-csv.ts";
import { checkIntake, HOUSE_FIELDS, type IntakeField, MAX_ANSWER } from "#domain/intake/fields.ts";

const ANSWERS = { contact_name: "Mira", contact_email: "mira@client.example", role_title: "Chef", description: "Cooks." };
const field = (type: IntakeField["type"], more: Partial<IntakeField> = {}): IntakeField => ({
  name: "x",
  label: "X",
  type,
  required: false,
  ...more,
});

describe("what is handed in", () => {
  it("is kept trimmed, without what was left empty", () => {
    expect(checkIntake(HOUSE_FIELDS, { ...ANSWERS, role_title: "  Chef ", location: " " })).toEqual({ ok: true, answers: ANSWERS });
  });

  it.each([
    ["a needed answer that is missing", { role_title: "" }, "/role_title", "required"],
    ["an address that is none", { contact_email: "mira@client" }, "/contact_email", "invalid"],
    ["an answer that was not offered", { employment_type: "Forever" }, "/employment_type", "invalid"],
    ["an answer that is too long", { description: "x".repeat(MAX_ANSWER + 1) }, "/description", "too_long"],
    ["a line that is too long", { location: "x".repeat(201) }, "/location", "too_long"],
    ["an answer that is no text", { location: ["a"] }, "/location", "invalid"],
    ["an answer to what was not asked", { salary: "much" }, "/salary", "unknown_field"],
  ])("is refused for %s, at its field", (_, wrong, pointer, code) => {
    expect(checkIntake(HOUSE_FIELDS, { ...ANSWERS, ...wrong })).toMatchObject({ ok: false, errors: [{ pointer, code }] });
  });

  it.each([
    ["url", "https://a.example/x", true],
    ["url", "javascript:alert(1)", false],
    ["tel", "+49 30 1234-567", true],
    ["tel", "call me", false],
    ["number", "12.5", true],
    ["number", "1e9", false],
  ] as const)("of type %s may say %s: %s", (type, answer, ok) => {
    expect(checkIntake([field(type)], { x: answer }).ok).toBe(ok);
  });
});

describe("the draft that comes of it", () => {
  it("has every answer in its place, the others below the description, and nobody's address", () => {
    const fields = [...HOUSE_FIELDS, field("text", { name: "start", label: "When it starts" }), field("tel", { name: "phone" })];
    const answers = { ...ANSWERS, location: "Lisbon", employment_type: "Part-time", start: "In May", phone: "+351 1234567" };
    expect(draftOf(fields, answers)).toEqual({
      title: "Chef",
      location: "Lisbon",
      employmentType: "part_time",
      description: "Cooks.\n\nWhen it starts: In May",
    });
  });

  it("begins with the first answer where nobody asked for a title", () => {
    expect(draftOf([field("text")], { x: "A cook" })).toMatchObject({ title: "A cook", location: null, employmentType: null });
  });
});

describe("what was handed in, as a spreadsheet opens it", () => {
  const row = { submittedAt: new Date("2026-11-02T09:00:00Z"), status: "new", source: "widget", origin: "https://acme.example" };

  it("has a column for every question that anybody answered, and runs no formula", () => {
    const first = { ...row, answers: { role_title: "Cook", status: "urgent" } };
    const second = { ...row, origin: null, answers: { role_title: '=HYPERLINK("x")', start: "May" } };
    expect(intakeCsv([first, second]).split("\r\n")).toEqual([
      "submitted_at,status,source,origin,fields.role_title,fields.status,fields.start",
      "2026-11-02T09:00:00.000Z,new,widget,https://acme.example,Cook,urgent,",
      `2026-11-02T09:00:00.000Z,new,widget,,"'=HYPERLINK(""x"")",,May`,
      "",
    ]);
  });
});
