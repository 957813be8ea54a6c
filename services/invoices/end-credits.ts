import { sql } from "drizzle-orm";
import { placementCredits } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { creditEnded } from "#domain/events/invoice.ts";
import { creditLeft, endCredit } from "#domain/invoices/fall-off.ts";
import { creditEndPosting } from "#domain/ledger/postings.ts";
import { commit, deciding, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { guardPlacements, type MoneyAtHand, readMoney } from "../placements/money.ts";
import { ROWS_A_STEP, sweepThrough } from "../upkeep/sweep.ts";
import { giveBack, offOpen } from "./give-back.ts";
import { type Parts, together } from "./parts.ts";

/**
 * Ends the credits that no replacement took in 60 days: what is open is taken off, what was paid goes
 * back (MONEY §8). While the payer's bank decides on that money it is not given back as well.
 */
export const endCredits = (ctx: Context): Promise<void> =>
  sweepThrough(
    ctx,
    async (skip) => {
      const [due] = await ctx.read(
        select({ id: placementCredits.id, placementId: placementCredits.placementId })
          .from(placementCredits)
          .where(
            sql`${placementCredits.status} = 'open' and ${placementCredits.expiresAt} <= ops.now()
              and not billing.has_open_dispute(${placementCredits.placementId})`,
          )
          .orderBy(placementCredits.expiresAt, placementCredits.id)
          .limit(ROWS_A_STEP)
          .offset(skip),
      );
      return due;
    },
    ({ placementId }) =>
      deciding(ctx, async () => {
        const { money } = await readMoney(ctx, sql`${placementId}::uuid`);
        const parts = money && !money.openDispute ? endedCredit(ctx, money) : null;
        if (money && parts) await commit(ctx, null, { ...parts, expect: guardPlacements(money.placement) });
      }),
    "a credit could not be ended",
  );

function endedCredit(ctx: Context, money: MoneyAtHand): Parts | null {
  const { credit: before, invoice } = money;
  const ended = before && invoice ? endCredit(before, [invoice], ctx.now()) : null;
  if (!before || !ended) return null;
  const { credit, givenBack } = ended;
  const posting = creditEndPosting({
    creditId: before.id,
    part: 1,
    companyId: before.companyId,
    left: creditLeft(before),
    open: offOpen(givenBack),
  });
  return together(
    {
      write: [
        update(ctx, placementCredits, before.id, { status: credit.status }),
        ...(posting ? [posted(ctx, posting, { placementId: before.placementId })] : []),
      ],
      audit: [
        {
          action: "placement_credit.ended",
          subject: { type: "placement_credit", id: before.id },
          before,
          after: credit,
          companyId: before.companyId,
        },
      ],
      events: [creditEnded(credit, givenBack.refund)],
    },
    giveBack(ctx, { type: "placement_credit", id: before.id }, givenBack, [money]),
  );
}
