import { sendMails } from "#services/notifications/send-mails.ts";
import type { Consumer } from "./index.ts";

/** Sends the mails named in the messages; what the provider may still take comes back later. */
export const mail: Consumer = async (batch, { ctx, mailer, origins }) => {
  for (const message of batch.messages) {
    const { notification_ids: ids } = message.body as { notification_ids: string[] };
    try {
      if (await sendMails(ctx, mailer, origins, ids)) message.ack();
      else message.retry({ delaySeconds: Math.min(2 ** message.attempts, 300) });
    } catch {
      message.retry({ delaySeconds: Math.min(2 ** message.attempts, 300) });
    }
  }
};
