import { type SQL, sql } from "drizzle-orm";
import { type invitations, users } from "#db/schema/identity.ts";
import type { teamInvitations } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { isLapsed, issued, type MailedInvitation, openToAnswer, over, revoked } from "#domain/invitations/mailed.ts";
import { conflict, forbidden, type Refusal } from "#domain/refusals.ts";
import { commit, databaseRefusal, deciding, editable, expectVersion, type Guard, insert, newRow, unchanged, update } from "./commit.ts";
import type { Context, Statement } from "./context.ts";
import { type Noun, rowById } from "./listing.ts";
import type { Right } from "./rights.ts";

/** An invitation as whoever may see it reads it; the hash of its token is nobody's. */
export interface ShownInvitation extends MailedInvitation {
  version: number;
  updatedAt: Date;
  companyId?: string | null;
  editable: Right;
}

/** A sweep takes this many rows; the rest waits a minute. */
const ROWS_A_STEP = 100;

export type InvitationStep = "sent" | "resent" | "revoked" | "declined" | "accepted" | "expired";

/** What tells one kind of mailed invitation from the other. */
export interface InvitationKind<Shown extends ShownInvitation> {
  noun: Noun<Shown>;
  table: typeof invitations | typeof teamInvitations;
  /** What the audit calls the row, and what its actions begin with. */
  subject: string;
  action: string;
  /** Whether what it leads into is still there. */
  leadsSomewhere: (row: Shown) => boolean;
  events: (row: Shown, step: InvitationStep) => DomainEvent[];
  /** The unique index by which an address has one unanswered invitation. */
  onePending: string;
}

const alreadyInvited = () =>
  conflict("This address is invited already. Send the invitation again instead.", { reason: "invitation_pending" });

const lostBy = ({ onePending }: { onePending: string }): Readonly<Record<string, () => Refusal>> => ({ [onePending]: alreadyInvited });

/**
 * Asks an address in. The token goes out by mail alone, and the answer does not tell whether anybody is
 * known by the address. One who is asked already is refused; an invitation that lapsed makes room.
 *
 * @param read - finds whether the caller may, and the unanswered invitation of the address
 */
export const inviteMailed = <Shown extends ShownInvitation>(
  ctx: Context,
  kind: InvitationKind<Shown>,
  read: () => Promise<{ open: Shown | undefined; given: Partial<Shown>; expect?: readonly Guard[] }>,
): Promise<Shown> =>
  deciding(
    ctx,
    async () => {
      const { open, given, expect = [] } = await read();
      if (open && !isLapsed(open, ctx.now())) throw alreadyInvited();
      const id = ctx.newId();
      const row = newRow(ctx, kind.table, { ...given, id, ...(await issuing(ctx, id, null)) });
      const { tokenHash: _, ...seen } = row;
      const shown = { ...given, ...seen, editable: "own" } as unknown as Shown;
      const lapsed: Shown | null = open ? { ...open, status: "expired" } : null;
      return commit(ctx, shown, {
        expect: [...expect, ...(open ? [unchanged(kind.table, open)] : [])],
        write: [...(lapsed ? [update(ctx, kind.table, lapsed.id, { status: lapsed.status })] : []), insert(kind.table, row as never)],
        audit: [...(lapsed ? [trace(kind, "expired", open as Shown, lapsed)] : []), trace(kind, "sent", null, shown)],
        events: [...(lapsed ? kind.events(lapsed, "expired") : []), ...kind.events(shown, "sent")],
      });
    },
    lostBy(kind),
  );

/** What issuing sets: a new token, of which only the hash is kept, and seven new days. The old token dies. */
async function issuing(ctx: Context, id: string, before: Pick<MailedInvitation, "status"> | null) {
  const token = await ctx.ports.links.token(id, ctx.now());
  return { ...issued(before, ctx.now()), tokenHash: await ctx.ports.links.hash(token) };
}

type Reading<Row> = Statement & { _: { result: Row[] } };

/** The row of one kind that an id and the hash of its token name together. */
export const rowByToken = <Shown extends ShownInvitation>(kind: InvitationKind<Shown>, id: string, hash: string): Reading<Shown> =>
  rowsWhere(kind, sql`${kind.table.id} = ${id} and ${kind.table.tokenHash} = ${hash}`);

/** The rows of one kind that answer to a condition, whoever may see them. */
export const rowsWhere = <Shown extends ShownInvitation>({ noun, table }: InvitationKind<Shown>, condition: SQL): Reading<Shown> =>
  select(noun.columns).from(noun.table).where(condition).orderBy(table.id).limit(ROWS_A_STEP) as never;

/** The caller's own address. */
export const callerAddress = () =>
  select({ email: computed<string>("email", sql`${users.email}::text`) })
    .from(users)
    .where(sql`${users.id} = (select ops.user_id())`);

/** The invitation that a token opens: 404 unknown, 410 over, 409 answered. */
export async function openMailed<Shown extends ShownInvitation>(
  ctx: Context,
  kind: InvitationKind<Shown>,
  id: string,
  token: string,
): Promise<Shown> {
  const hash = await ctx.ports.links.hash(token);
  const [[found]] = await ctx.read(rowByToken(kind, id, hash));
  return opened(ctx, kind, found);
}

/**
 * As `openMailed`, for who answers: they are the one who was invited, as the session's verified address
 * tells, or the person's own.
 */
export function answerable<Shown extends ShownInvitation>(
  ctx: Context,
  kind: InvitationKind<Shown>,
  found: Shown | undefined,
  own: string | undefined,
): Shown {
  const row = opened(ctx, kind, found);
  const verified = ctx.caller.kind === "session" ? ctx.caller.verifiedEmail : null;
  if ([verified, own].some((address) => address?.toLowerCase() === row.email.toLowerCase())) return row;
  throw forbidden("You are signed in as somebody else than the invited person. Sign in with the invited address.");
}

function opened<Shown extends ShownInvitation>(ctx: Context, kind: InvitationKind<Shown>, found: Shown | undefined): Shown {
  const row = openToAnswer(found, ctx.now());
  if (!kind.leadsSomewhere(row)) throw over();
  return row;
}

/** Mails an unanswered invitation again, with a new token and seven new days; the old token dies. */
export const resendMailed = <Shown extends ShownInvitation>(ctx: Context, kind: InvitationKind<Shown>, id: string, version?: number) =>
  changing(ctx, kind, "resent", async () => {
    const before = await changeable(ctx, kind, id, version);
    return [before, await issuing(ctx, id, before)];
  });

/** Takes an unanswered invitation back; its token answers 410 from then on. */
export const revokeMailed = <Shown extends ShownInvitation>(ctx: Context, kind: InvitationKind<Shown>, id: string, version?: number) =>
  changing(ctx, kind, "revoked", async () => {
    const before = await changeable(ctx, kind, id, version);
    return [before, revoked(before)];
  });

/** The invited person does not want to: the invitation is over. */
export async function declineMailed<Shown extends ShownInvitation>(
  ctx: Context,
  kind: InvitationKind<Shown>,
  id: string,
  token: string,
): Promise<Shown> {
  const hash = await ctx.ports.links.hash(token);
  return changing(ctx, kind, "declined", async () => {
    const [[found], [me]] = await ctx.read(rowByToken(kind, id, hash), callerAddress());
    const before = answerable(ctx, kind, found, me?.email);
    return [before, revoked(before)];
  });
}

async function changeable<Shown extends ShownInvitation>(ctx: Context, kind: InvitationKind<Shown>, id: string, version?: number) {
  const [[found]] = await ctx.read(rowById<Shown>(ctx, kind.noun, id));
  const before = editable(ctx, kind.noun.name, id, found);
  expectVersion(ctx, before, version);
  return before;
}

type Fields = Partial<Pick<MailedInvitation, "status" | "issuedAt" | "expiresAt"> & { tokenHash: string }>;

/** Decides what becomes of one invitation, and commits it. */
const changing = <Shown extends ShownInvitation>(
  ctx: Context,
  kind: InvitationKind<Shown>,
  step: InvitationStep,
  decide: () => Promise<[before: Shown, fields: Fields]>,
): Promise<Shown> => deciding(ctx, async () => changed(ctx, kind, step, ...(await decide())), lostBy(kind));

function changed<Shown extends ShownInvitation>(
  ctx: Context,
  kind: InvitationKind<Shown>,
  step: InvitationStep,
  before: Shown,
  fields: Fields,
): Promise<Shown> {
  const { tokenHash: _, ...seen } = fields;
  const after: Shown = { ...before, ...seen, version: before.version + 1, updatedAt: ctx.now() };
  return commit(ctx, after, {
    expect: [unchanged(kind.table, before)],
    write: [update(ctx, kind.table, before.id, fields)],
    audit: trace(kind, step, before, after),
    events: kind.events(after, step),
  });
}

/** The audit of one step: where the invitation stood, and stands. */
export const trace = <Shown extends ShownInvitation>(
  kind: InvitationKind<Shown>,
  step: InvitationStep,
  before: Shown | null,
  after: Shown,
) => ({
  action: `${kind.action}${step}`,
  subject: { type: kind.subject, id: after.id },
  before: before && { status: before.status },
  after: { status: after.status },
  companyId: after.companyId ?? null,
});

/** Ends the invitations of one kind that nobody answered in time. */
export async function expireMailed<Shown extends ShownInvitation>(ctx: Context, kind: InvitationKind<Shown>): Promise<void> {
  const [due] = await ctx.read(rowsWhere(kind, sql`${kind.table.status} = 'pending' and ${kind.table.expiresAt} <= ops.now()`));
  for (const before of due) {
    try {
      await changed(ctx, kind, "expired", before, { status: "expired" });
    } catch (error) {
      // answered at the last moment
      if (databaseRefusal(error)?.code !== "40001") throw error;
    }
  }
}
