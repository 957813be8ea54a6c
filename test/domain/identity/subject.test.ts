import { decideSubject, type KnownUser, type SubjectMessage } from "#domain/identity/subject.ts";
import { describe, expect, it } from "vitest";

const NOW = new Date("2026-03-01T10:00:00Z");
const at = (seconds: number) => NOW.getTime() + seconds * 1_000;

const user = (fields: Partial<KnownUser> = {}): KnownUser => ({
  id: "u1",
  version: 1,
  clerkUserId: "sub_1",
  clerkUpdatedAt: new Date(at(0)),
  email: "ann@people.test",
  name: "Ann",
  status: "active",
  deletedAt: null,
  ...fields,
});

const message = (fields: Partial<SubjectMessage> = {}): SubjectMessage => ({
  type: "user.updated",
  subject: "sub_1",
  email: "ann@people.test",
  name: "Ann Other",
  updatedAt: at(1),
  ...fields,
});

const nobody = { known: null, holder: null };

describe("a message about somebody we know", () => {
  it("changes name and address when it is newer", () => {
    const known = user();
    const change = decideSubject(message({ email: "new@people.test" }), { known, holder: null }, NOW);
    expect(change).toEqual({
      kind: "updated",
      user: known,
      fields: { clerkUpdatedAt: new Date(at(1)), name: "Ann Other", email: "new@people.test" },
    });
  });

  it.each([
    ["the same instant", at(0)],
    ["an earlier one", at(-5)],
    ["none", null],
  ])("changes nothing with %s as last change", (_, updatedAt) => {
    expect(decideSubject(message({ updatedAt }), { known: user(), holder: null }, NOW)).toBeNull();
  });

  it("leaves the address alone when somebody else has it", () => {
    const change = decideSubject(
      message({ email: "bob@people.test" }),
      { known: user(), holder: user({ id: "u2", clerkUserId: "sub_2" }) },
      NOW,
    );
    expect(change).toMatchObject({ kind: "updated", fields: { name: "Ann Other" } });
    expect(change).not.toHaveProperty("fields.email");
  });

  it("takes them away when the subject was deleted", () => {
    expect(decideSubject(message({ type: "user.deleted", updatedAt: null }), { known: user(), holder: null }, NOW)).toMatchObject({
      kind: "deleted",
      fields: { status: "deactivated", deletedAt: NOW },
    });
  });

  it.each(["user.created", "user.updated", "user.deleted"])("never revives a deleted subject: %s", (type) => {
    const known = user({ status: "deactivated", deletedAt: NOW });
    expect(decideSubject(message({ type, updatedAt: at(999) }), { known, holder: null }, NOW)).toBeNull();
  });
});

describe("a message about somebody new", () => {
  it("makes a person of a verified address", () => {
    expect(decideSubject(message({ type: "user.created" }), nobody, NOW)).toMatchObject({
      kind: "made",
      fields: { clerkUserId: "sub_1", email: "ann@people.test" },
    });
  });

  it("waits for an address to be verified", () => {
    expect(decideSubject(message({ email: null }), nobody, NOW)).toBeNull();
  });

  it("links the person who has the address and no subject yet", () => {
    const holder = user({ clerkUserId: null, clerkUpdatedAt: null });
    expect(decideSubject(message(), { known: null, holder }, NOW)).toEqual({
      kind: "linked",
      user: holder,
      fields: { clerkUserId: "sub_1", clerkUpdatedAt: new Date(at(1)) },
    });
  });

  it("refuses an address that belongs to another subject", () => {
    const holder = user({ clerkUserId: "sub_2" });
    expect(decideSubject(message(), { known: null, holder }, NOW)).toEqual({ kind: "refused", holder });
  });

  it("leaves a tombstone for a deletion that came first", () => {
    expect(decideSubject(message({ type: "user.deleted", email: null }), nobody, NOW)).toMatchObject({
      kind: "made",
      fields: { clerkUserId: "sub_1", status: "deactivated", deletedAt: NOW },
    });
  });
});

it("ignores messages of other kinds and without a subject", () => {
  expect(decideSubject(message({ type: "session.ended" }), { known: user(), holder: null }, NOW)).toBeNull();
  expect(decideSubject(message({ subject: null }), nobody, NOW)).toBeNull();
});
