import type { Subscriber } from "../events/handle-events.ts";
import type { Context } from "../context.ts";
import type { ChangedSubject } from "#domain/events/api.ts";

/** Tells the owners of changed credentials to forget what they hold. Repeats what the change itself tried at once. */
export const credentialSubscriber: Subscriber = {
  name: "credentials",
  hears: ["credential.changed"],
  async handle(ctx, event, handled) {
    const { subjects } = event.payload as { subjects: readonly ChangedSubject[] };
    await forget(ctx, subjects);
    await ctx.database.writer.batch([handled] as never);
  },
};

/** Has the owners of these subjects read them again, from this version on. */
export async function forget(ctx: Context, subjects: readonly ChangedSubject[]): Promise<void> {
  await Promise.all(subjects.map(({ name, version }) => ctx.ports.credentials(name).invalidate(version)));
}

/** As `forget`, right after a commit; the outbox repeats what fails here. */
export async function forgetNow(ctx: Context, subjects: readonly ChangedSubject[]): Promise<void> {
  try {
    await forget(ctx, subjects);
  } catch {
    ctx.ports.log("warn", "a changed credential could not be told to its object; the outbox repeats it", { request_id: ctx.request.id });
  }
}
