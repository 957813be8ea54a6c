import { type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  type AccountPage,
  getPayoutAccount,
  onboardPayoutAccount,
  openPayoutDashboard,
  type PayoutAccount,
} from "#services/payout-accounts/payout-account.ts";
import type { ApiEnv } from "../app.ts";
import { operation } from "../operation.ts";
import { Instant, instant, WebAddress } from "./shapes.ts";

const PayoutAccountShape = z
  .object({
    stripe_connect_account_id: z.string().nullable(),
    stripe_connect_onboarded: z.boolean().openapi({ description: "Whether shares can be sent to it" }),
    stripe_connect_onboarded_at: Instant.nullable(),
    details_submitted: z.boolean(),
    requirements_due: z.array(z.string()).openapi({ description: "What Stripe still wants to know", example: ["external_account"] }),
  })
  .openapi("PayoutAccount");

const payoutAccount = (account: PayoutAccount): z.infer<typeof PayoutAccountShape> => ({
  stripe_connect_account_id: account.accountId,
  stripe_connect_onboarded: account.onboarded,
  stripe_connect_onboarded_at: instant(account.onboardedAt),
  details_submitted: account.detailsSubmitted,
  requirements_due: [...account.requirementsDue],
});

const PageShape = z
  .object({ url: z.string().openapi({ description: "A page of Stripe's, for the caller alone" }), expires_at: Instant.nullable() })
  .openapi("PayoutAccountPage");

const page = ({ url, expiresAt }: AccountPage): z.infer<typeof PageShape> => ({ url, expires_at: instant(expiresAt) });

export function payoutAccounts(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "get",
    path: "/recruiters/me/payout-account",
    access: ["payout-accounts", "get-me"],
    summary: "Read one's own account for payouts",
    description: "Fetched from Stripe: ready when transfers are active, payouts are enabled and the details were submitted.",
    audience: "person",
    replies: [200, PayoutAccountShape],
    run: (ctx) => getPayoutAccount(ctx),
    present: payoutAccount,
  });
  operation(api, {
    method: "post",
    path: "/recruiters/me/payout-account/onboarding-link",
    access: ["payout-accounts", "onboard-me"],
    summary: "Get the page on which one completes one's account for payouts",
    description: "Makes the account when there is none yet. The page opens once and for minutes: ask for another when it has run out.",
    audience: "person",
    body: z.strictObject({ return_url: WebAddress, refresh_url: WebAddress }).openapi("OnboardingLinkInput"),
    replies: [200, PageShape],
    run: (ctx, { body }) => onboardPayoutAccount(ctx, { returnUrl: body.return_url, refreshUrl: body.refresh_url }),
    present: page,
  });
  operation(api, {
    method: "post",
    path: "/recruiters/me/payout-account/dashboard-link",
    access: ["payout-accounts", "open-me"],
    summary: "Get the page on which one sees one's account for payouts",
    audience: "person",
    replies: [200, PageShape],
    run: (ctx) => openPayoutDashboard(ctx),
    present: page,
  });
}
