import { keepRequests } from "#services/request-log/keep-requests.ts";
import type { RequestLogRow } from "#services/request-log/row.ts";
import type { Consumer } from "./index.ts";

/** Writes rows of the request log that no commit carried, all messages in one statement; a repeat changes nothing. */
export const requestLog: Consumer = async (batch, { ctx }) => {
  await keepRequests(
    ctx,
    batch.messages.flatMap(({ body }) => (body as { rows: RequestLogRow[] }).rows),
  );
  batch.ackAll();
};
