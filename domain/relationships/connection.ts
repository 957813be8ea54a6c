import { type DomainEvent, event, type EventType } from "../events/catalogue.ts";
import { forbidden, invalidTransition } from "../refusals.ts";

export const CONNECTION_STATUSES = ["pending", "active", "declined", "terminated"] as const;

export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number];

/** What a company lets a recruiter do on its jobs (DOMAIN §1.5). */
export interface Permissions {
  can_view_jobs: boolean;
  can_submit_candidates: boolean;
  can_view_applications: boolean;
  can_advance_candidates: boolean;
  can_create_jobs: boolean;
  can_edit_jobs: boolean;
}

/** What a company gives unless it says otherwise. */
export const DEFAULT_PERMISSIONS: Permissions = {
  can_view_jobs: true,
  can_submit_candidates: true,
  can_view_applications: true,
  can_advance_candidates: true,
  can_create_jobs: false,
  can_edit_jobs: false,
};

/** A recruiter tied to a company, or one of both asked for it. */
export interface Connection {
  id: string;
  recruiterId: string;
  companyId: string;
  status: ConnectionStatus;
  permissions: Permissions;
  /** Who invited on the company's side; null when the recruiter asked. */
  invitedBy: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
  terminationReason: string | null;
  terminatedBy: string | null;
}

export type ConnectionSide = "recruiter" | "company" | "platform_admin";

export interface ConnectionActor {
  userId: string;
  sides: ReadonlySet<ConnectionSide>;
}

/** Only the changed fields, and what is announced. */
export interface ConnectionChange<Fields> {
  fields: Fields;
  events: DomainEvent[];
  override: boolean;
}

type ConnectionEvent = Extract<EventType, `recruiter_company.${string}`>;

const announced = (type: ConnectionEvent, connection: Connection): DomainEvent =>
  event(
    type,
    { type: "recruiter_company", id: connection.id },
    { id: connection.id, recruiter_id: connection.recruiterId, company_id: connection.companyId },
  );

/** A recruiter asks, or a company invites. */
export const opened = (connection: Connection): DomainEvent =>
  announced(connection.invitedBy ? "recruiter_company.invited" : "recruiter_company.connection_requested", connection);

const NEXT: Readonly<Record<ConnectionStatus, readonly ConnectionStatus[]>> = {
  pending: ["active", "declined"],
  active: ["terminated"],
  declined: [],
  terminated: [],
};

function mustBe(connection: Connection, from: ConnectionStatus, to: ConnectionStatus): void {
  if (connection.status !== from) throw invalidTransition("connection", connection.status, to, NEXT[connection.status]);
}

const addressee = (connection: Connection): ConnectionSide => (connection.invitedBy ? "recruiter" : "company");

/** The side that was asked answers. A company that accepts may say what it permits. */
export function respond(
  connection: Connection,
  actor: ConnectionActor,
  answer: { accept: boolean; permissions: Partial<Permissions> | null },
  now: Date,
): ConnectionChange<Pick<Connection, "status" | "permissions" | "startedAt" | "endedAt">> {
  const side = addressee(connection);
  if (!actor.sides.has(side) && !actor.sides.has("platform_admin")) throw forbidden(`It is for the ${side} to answer this.`);
  if (answer.permissions && !actor.sides.has("company") && !actor.sides.has("platform_admin"))
    throw forbidden("Permissions are given by the company.");
  const answered = answer.accept ? "active" : "declined";
  mustBe(connection, "pending", answered);
  return {
    fields: {
      status: answered,
      permissions: { ...connection.permissions, ...answer.permissions },
      startedAt: answer.accept ? now : null,
      endedAt: answer.accept ? null : now,
    },
    events: [announced(answer.accept ? "recruiter_company.accepted" : "recruiter_company.declined", connection)],
    override: !actor.sides.has(side),
  };
}

/** Whoever asked takes it back before it is answered. */
export function takeBack(
  connection: Connection,
  actor: ConnectionActor,
  now: Date,
): ConnectionChange<Pick<Connection, "status" | "endedAt">> {
  const side = addressee(connection) === "recruiter" ? "company" : "recruiter";
  if (!actor.sides.has(side) && !actor.sides.has("platform_admin")) throw forbidden(`Only the ${side} may take this back.`);
  mustBe(connection, "pending", "declined");
  return {
    fields: { status: "declined", endedAt: now },
    events: [announced("recruiter_company.declined", connection)],
    override: !actor.sides.has(side),
  };
}

/** Either side ends an active connection. */
export function terminate(
  connection: Connection,
  actor: ConnectionActor,
  reason: string,
  now: Date,
): ConnectionChange<Pick<Connection, "status" | "endedAt" | "terminationReason" | "terminatedBy">> {
  const own = actor.sides.has("recruiter") || actor.sides.has("company");
  if (!own && !actor.sides.has("platform_admin")) throw forbidden("You may see this connection but not end it.");
  mustBe(connection, "active", "terminated");
  return {
    fields: { status: "terminated", endedAt: now, terminationReason: reason, terminatedBy: actor.userId },
    events: [announced("recruiter_company.terminated", connection)],
    override: !own,
  };
}

/** The company changes what it permits, while the connection is open. */
export function permit(
  connection: Connection,
  actor: ConnectionActor,
  permissions: Partial<Permissions>,
): ConnectionChange<Pick<Connection, "permissions">> {
  if (!actor.sides.has("company") && !actor.sides.has("platform_admin")) throw forbidden("Permissions are given by the company's admins.");
  if (connection.status !== "active" && connection.status !== "pending")
    throw invalidTransition("connection", connection.status, "active", NEXT[connection.status]);
  return { fields: { permissions: { ...connection.permissions, ...permissions } }, events: [], override: !actor.sides.has("company") };
}
