import { eq } from "drizzle-orm";
import type { invitations } from "#db/schema/identity.ts";
import type { teamInvitations } from "#db/schema/network.ts";
import { linkTokens } from "#workers/runtime.ts";
import type { Marketplace } from "../api.ts";

/** The rows of one kind of mailed invitation, and the tokens that their mails carry. */
export function mailedIn<T extends typeof invitations | typeof teamInvitations>(world: Marketplace, table: T) {
  const links = linkTokens(world.env.LINK_KEY);
  const rowOf = async (id: string): Promise<T["$inferSelect"] | undefined> =>
    (
      await world.db.writer
        .select()
        .from(table as typeof invitations)
        .where(eq(table.id, id))
    )[0];
  const tokenOf = async (id: string): Promise<string> => links.token(id, (await rowOf(id))?.issuedAt ?? new Date(0));
  return { links, rowOf, tokenOf };
}
