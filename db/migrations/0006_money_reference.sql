-- What the money opens with (domain/tax/tax-year.ts; MONEY §18, §20). Counsel confirms the tax numbers before use.

INSERT INTO billing.switches (name, enabled, reason, changed_at) VALUES
  ('payouts.enabled', true, 'opening', ops.now()),
  ('payouts.require_tax_profile', true, 'opening', ops.now());
--> statement-breakpoint
INSERT INTO billing.settings (name, value, changed_at) VALUES ('tax_form', '"1099-NEC"', ops.now());
--> statement-breakpoint
INSERT INTO billing.tax_thresholds (year, form, cents, min_count) VALUES
  (2025, '1099-NEC', 60000, NULL),
  (2026, '1099-NEC', 200000, NULL),
  (2026, '1099-K', 2000001, 201);
