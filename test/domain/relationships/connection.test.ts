import {
  type Connection,
  type ConnectionActor,
  type ConnectionSide,
  DEFAULT_PERMISSIONS,
  opened,
  permit,
  respond,
  takeBack,
  terminate,
} from "#domain/relationships/connection.ts";
import { Refusal } from "#domain/refusals.ts";
import { describe, expect, it } from "vitest";

const NOW = new Date("2026-03-01T12:00:00Z");

const connection = (fields: Partial<Connection> = {}): Connection => ({
  id: "connection",
  recruiterId: "recruiter",
  companyId: "company",
  status: "pending",
  permissions: DEFAULT_PERMISSIONS,
  invitedBy: null,
  startedAt: null,
  endedAt: null,
  terminationReason: null,
  terminatedBy: null,
  ...fields,
});

const as = (...sides: ConnectionSide[]): ConnectionActor => ({ userId: "user", sides: new Set(sides) });

const codeOf = (act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Refusal ? error.code : "bug";
  }
};

describe("a connection", () => {
  it("announces a request or an invitation", () => {
    expect(opened(connection()).type).toBe("recruiter_company.connection_requested");
    expect(opened(connection({ invitedBy: "owner" })).type).toBe("recruiter_company.invited");
  });

  it("is answered by the side that was asked", () => {
    const cases: [invitedBy: string | null, side: ConnectionSide | null, code: string | null][] = [
      [null, "company", null],
      [null, "recruiter", "forbidden"],
      ["owner", "recruiter", null],
      ["owner", "company", "forbidden"],
      [null, null, "forbidden"],
      [null, "platform_admin", null],
    ];
    for (const [invitedBy, side, code] of cases) {
      const actor = side ? as(side) : as();
      expect(codeOf(() => respond(connection({ invitedBy }), actor, { accept: true, permissions: null }, NOW))).toBe(code);
    }
  });

  it("begins when it is accepted, with the permissions the company gives", () => {
    const { fields, events, override } = respond(
      connection(),
      as("company"),
      { accept: true, permissions: { can_create_jobs: true } },
      NOW,
    );
    expect(fields).toEqual({
      status: "active",
      permissions: { ...DEFAULT_PERMISSIONS, can_create_jobs: true },
      startedAt: NOW,
      endedAt: null,
    });
    expect(events.map(({ type }) => type)).toEqual(["recruiter_company.accepted"]);
    expect(override).toBe(false);
    expect(
      codeOf(() =>
        respond(connection({ invitedBy: "owner" }), as("recruiter"), { accept: true, permissions: { can_create_jobs: true } }, NOW),
      ),
    ).toBe("forbidden");
  });

  it("goes pending → active or declined, active → terminated, and nowhere else", () => {
    for (const from of ["pending", "active", "declined", "terminated"] as const) {
      const row = connection({ status: from });
      expect(codeOf(() => respond(row, as("company"), { accept: false, permissions: null }, NOW))).toBe(
        from === "pending" ? null : "invalid_transition",
      );
      expect(codeOf(() => takeBack(row, as("recruiter"), NOW))).toBe(from === "pending" ? null : "invalid_transition");
      expect(codeOf(() => terminate(row, as("recruiter"), "done", NOW))).toBe(from === "active" ? null : "invalid_transition");
      expect(codeOf(() => permit(row, as("company"), {}))).toBe(from === "pending" || from === "active" ? null : "invalid_transition");
    }
  });

  it("is taken back by the side that asked, ended by either, permitted by the company", () => {
    expect(codeOf(() => takeBack(connection(), as("company"), NOW))).toBe("forbidden");
    expect(takeBack(connection({ invitedBy: "owner" }), as("company"), NOW).fields.status).toBe("declined");
    const active = connection({ status: "active" });
    expect(terminate(active, as("company"), "done", NOW).fields).toEqual({
      status: "terminated",
      endedAt: NOW,
      terminationReason: "done",
      terminatedBy: "user",
    });
    expect(codeOf(() => terminate(active, as(), "done", NOW))).toBe("forbidden");
    expect(codeOf(() => permit(active, as("recruiter"), { can_edit_jobs: true }))).toBe("forbidden");
    expect(permit(active, as("platform_admin"), { can_edit_jobs: true })).toMatchObject({
      fields: { permissions: { can_edit_jobs: true, can_view_jobs: true } },
      override: true,
    });
  });
});
