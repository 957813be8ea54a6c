/** A person as the messages of the session issuer need to know them. */
export interface KnownUser {
  id: string;
  version: number;
  clerkUserId: string | null;
  clerkUpdatedAt: Date | null;
  email: string;
  name: string;
  status: "active" | "deactivated";
  /** When the subject was deleted: it never comes back. */
  deletedAt: Date | null;
}

/** What a message says of a subject. */
export interface SubjectMessage {
  type: string;
  subject: string | null;
  /** The primary address, if it is verified. */
  email: string | null;
  name: string | null;
  /** When the issuer changed the subject, in milliseconds. */
  updatedAt: number | null;
}

type SubjectFields = Partial<Pick<KnownUser, "clerkUserId" | "clerkUpdatedAt" | "email" | "name" | "status" | "deletedAt">>;

/** What becomes of the people we know. */
export type SubjectChange<User extends KnownUser> =
  | { kind: "made"; fields: SubjectFields }
  | { kind: "linked" | "updated" | "deleted"; user: User; fields: SubjectFields }
  /** Somebody else's subject claims an address that is taken. */
  | { kind: "refused"; holder: User };

/**
 * What a message of the session issuer changes (IDENTITY §3.2). An older message than the last one
 * applied changes nothing, nor does any message about a deleted subject. A deletion leaves a
 * tombstone even where the subject was not known yet.
 *
 * @param found.known - who has this subject
 * @param found.holder - the active person with this verified address
 * @returns null when there is nothing to do
 */
export function decideSubject<User extends KnownUser>(
  message: SubjectMessage,
  { known, holder }: { known: User | null; holder: User | null },
  now: Date,
): SubjectChange<User> | null {
  const { type, subject, email, updatedAt } = message;
  if (!subject || known?.deletedAt) return null;
  if (type === "user.deleted") {
    const tomb = { status: "deactivated", deletedAt: now } as const;
    return known
      ? { kind: "deleted", user: known, fields: tomb }
      : { kind: "made", fields: { ...tomb, clerkUserId: subject, email: "", name: "" } };
  }
  if (type !== "user.created" && type !== "user.updated") return null;
  const clerkUpdatedAt = new Date(updatedAt ?? 0);
  const name = message.name?.trim() ?? "";
  if (known) {
    if (known.clerkUpdatedAt && clerkUpdatedAt <= known.clerkUpdatedAt) return null;
    const free = email !== null && (holder === null || holder.id === known.id);
    return { kind: "updated", user: known, fields: { clerkUpdatedAt, ...(name ? { name } : {}), ...(free ? { email } : {}) } };
  }
  if (email === null) return null;
  if (holder?.clerkUserId) return { kind: "refused", holder };
  if (holder)
    return { kind: "linked", user: holder, fields: { clerkUserId: subject, clerkUpdatedAt, ...(holder.name || !name ? {} : { name }) } };
  return { kind: "made", fields: { clerkUserId: subject, clerkUpdatedAt, email, name } };
}
