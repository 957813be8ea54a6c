import { text, uuid } from "drizzle-orm/pg-core";
import { SCOPES } from "../../domain/credentials/scopes.ts";
import { instant } from "../columns.ts";
import { ACCOUNT_KINDS, api } from "./api.ts";

export const CREDENTIAL_KINDS = ["api_key", "oauth_client"] as const;

/**
 * The keys and clients that wait for an administrator, in one list. A view, which `migrations/` defines
 * by hand: this file is left out of `drizzle.config.ts`.
 */
export const accessRequests = api.table("access_requests", {
  id: uuid().notNull(),
  kind: text({ enum: CREDENTIAL_KINDS }).notNull(),
  accountId: uuid().notNull(),
  accountKind: text({ enum: ACCOUNT_KINDS }).notNull(),
  accountName: text().notNull(),
  requestedBy: uuid().notNull(),
  name: text().notNull(),
  scopes: text({ enum: SCOPES }).array().notNull(),
  redirectUris: text().array().notNull(),
  createdAt: instant().notNull(),
  /** When it was last changed: a client that asks for more waits again. */
  updatedAt: instant().notNull(),
});
