-- The numbers the marketplace opens with (domain/commission/rates.ts, fee.ts) and the user behind
-- everything that no person does.

INSERT INTO identity.users (id, email, name, onboarding_status)
VALUES ('00000000-0000-0000-0000-000000000000', 'system@splits.invalid', 'Splits Network', 'completed');
--> statement-breakpoint
INSERT INTO billing.plans (id, slug, name, tier, price_cents, annual_price_cents, trial_days, entitlements) VALUES
  ('01000000-0000-7000-8000-000000000001', 'free', 'Free', 'free', 0, 0, 0, '{"early_access": false, "referral_codes": 1, "saved_jobs": 10}'),
  ('01000000-0000-7000-8000-000000000002', 'paid', 'Paid', 'paid', 9900, 99900, 14, '{"early_access": true, "referral_codes": null, "saved_jobs": null}'),
  ('01000000-0000-7000-8000-000000000003', 'premium', 'Premium', 'premium', 24900, 249900, 14, '{"early_access": true, "referral_codes": null, "saved_jobs": null}');
--> statement-breakpoint
INSERT INTO billing.splits_rates
  (id, tier, candidate_recruiter_rate, company_recruiter_rate, job_owner_rate, candidate_sourcer_rate, company_sourcer_rate, effective_from)
VALUES
  ('02000000-0000-7000-8000-000000000001', 'free', 20, 10, 10, 6, 6, '2020-01-01T00:00:00Z'),
  ('02000000-0000-7000-8000-000000000002', 'paid', 30, 15, 15, 8, 8, '2020-01-01T00:00:00Z'),
  ('02000000-0000-7000-8000-000000000003', 'premium', 40, 20, 20, 10, 10, '2020-01-01T00:00:00Z');
--> statement-breakpoint
INSERT INTO billing.fee_terms (id, standard_bp, executive_bp, urgent_bp, niche_bp, keep_bp, effective_from)
VALUES ('03000000-0000-7000-8000-000000000001', 2000, 2500, 1000, 1500, 500, '2020-01-01T00:00:00Z');
