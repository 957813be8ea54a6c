import { keepRequests } from "#services/request-log/keep-requests.ts";
import { pushSoon } from "#services/siem/push-logs.ts";
import type { RequestLogRow } from "#services/request-log/row.ts";
import type { Consumer } from "./index.ts";

/**
 * Writes rows of the request log that no commit carried, all messages in one statement; a repeat changes nothing. Who
 * has their log pushed is pushed it as soon as it settles.
 */
export const requestLog: Consumer = async (batch, { ctx }) => {
  const rows = batch.messages.flatMap(({ body }) => (body as { rows: RequestLogRow[] }).rows);
  await keepRequests(ctx, rows);
  await pushSoon(ctx, new Set(rows.flatMap(({ accountId }) => accountId ?? [])));
  batch.ackAll();
};
