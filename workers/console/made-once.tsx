import type { FC } from "hono/jsx";
import { toHex } from "#domain/bytes.ts";
import { isUuid } from "#domain/ids.ts";
import { type Context, type ContextParts, Replayed } from "#services/context.ts";
import { repeating } from "../api/operation.ts";
import { contextWithinAccount, type PageContext } from "./context.ts";

/** What a page makes and shows with its secret, which is told this once. */
interface Made {
  id: string;
  secret?: string;
}

const FIELD = "once";

/** Names a form, so that sent again, as by a reload, it makes nothing again. */
export const Once: FC = () => <input type="hidden" name={FIELD} value={crypto.randomUUID()} />;

/**
 * Makes what a form asks for, once: the same form with the same words shows the same secret again, to
 * whoever sent it, for as long as the API would (DESIGN R-18); later it is refused (`conflict`). Who
 * goes back and changes the words asks for another.
 *
 * @param make - the verb
 * @param read - what was made before, as it is now
 */
export async function madeOnce<Result extends Made>(
  c: PageContext,
  form: Readonly<Record<string, string>>,
  make: (ctx: Context) => Promise<Result>,
  read: (ctx: Context, id: string) => Promise<Omit<Result, "secret">>,
): Promise<Result> {
  const ctx = await contextWithinAccount(c, { present: kept, idempotency: await keyOf(c, form) });
  try {
    return await repeating(ctx, () => make(ctx));
  } catch (error) {
    if (!(error instanceof Replayed)) throw error;
    const { id, secret } = JSON.parse(error.reply.body) as Made;
    const row = await read(await contextWithinAccount(c), id);
    return { ...row, ...(secret === undefined ? {} : { secret }) } as Result;
  }
}

/** The reply that is kept: what has to be known again, and no more. */
const kept: ContextParts["present"] = ({ id, secret }: Made) => ({
  status: 201,
  headers: {},
  body: JSON.stringify({ id, secret }),
  secret: true,
});

/** The key of a form, which its words are a part of; null for one without a name. */
async function keyOf(c: PageContext, form: Readonly<Record<string, string>>): Promise<ContextParts["request"]["idempotency"]> {
  const name = form[FIELD] ?? "";
  if (!isUuid(name)) return null;
  const words = new TextEncoder().encode(JSON.stringify([c.req.path, form]));
  const fingerprint = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", words)));
  return { key: `form:${name}:${fingerprint}`, fingerprint, anonymousOwner: name };
}
