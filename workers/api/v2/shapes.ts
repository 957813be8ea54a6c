import { z } from "@hono/zod-openapi";
import { type BasisPoints, type Cents, fromDecimal, MAX_FEE, MAX_SALARY, toDecimal } from "#domain/money.ts";

/** The words that many resources share: ids, instants, money in both its forms. */

export const Id = z.uuid();
export const Instant = z.iso.datetime().openapi({ format: "date-time" });

/** Years that a date of this trade can have; beyond the year 9999 no table holds it. */
const [FIRST_YEAR, LAST_YEAR] = [1900, 2199];
const inReach = (at: Date): boolean => at.getUTCFullYear() >= FIRST_YEAR && at.getUTCFullYear() <= LAST_YEAR;
const OUT_OF_REACH = `must be between the years ${FIRST_YEAR} and ${LAST_YEAR}`;

export const Day = z.iso
  .date()
  .refine((day) => inReach(new Date(day)), OUT_OF_REACH)
  .openapi({ format: "date" });

/** A trimmed text that says something. */
export const text = (max: number) => z.string().trim().min(1).max(max);

/** An address of a person. */
export const Email = z.string().trim().max(254).pipe(z.email()).openapi({ type: "string", format: "email" });

/** An address of a page: nothing that a browser would run. */
export const WebAddress = z
  .string()
  .trim()
  .max(2_000)
  .pipe(z.url({ protocol: /^https?$/ }))
  .openapi({ type: "string", format: "uri" });

/** A name in an address. */
export const Slug = z
  .string()
  .trim()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?$/, "may have small letters, digits and hyphens");

/** An instant in a body; becomes a `Date`. */
export const InstantInput = z.iso
  .datetime({ offset: true })
  .transform((at) => new Date(at))
  .refine(inReach, OUT_OF_REACH)
  .openapi({ type: "string", format: "date-time" });

/** A query flag. */
export const Flag = z
  .enum(["true", "false"])
  .transform((word) => word === "true")
  .openapi({ type: "boolean" });

/**
 * The two ways in for an amount (DOMAIN §0.3): `<name>_cents` as an integer, or `<name>` as a
 * string with at most two decimals. `amountOf` reads them; both given and unequal is refused.
 */
export const amountFields = <Name extends string>(name: Name) =>
  ({
    [`${name}_cents`]: z.int().min(0).max(MAX_SALARY).nullish().openapi({ example: 2_000_000 }),
    [name]: z
      .string()
      .regex(/^\d{1,10}(\.\d{1,2})?$/, "must be an amount with at most two decimals, as a string")
      .nullish()
      .openapi({ example: "20000.00" }),
  }) as Record<`${Name}_cents`, z.ZodOptional<z.ZodNullable<z.ZodInt>>> & Record<Name, z.ZodOptional<z.ZodNullable<z.ZodString>>>;

/** The amount under `name` in a parsed body: undefined when neither form was sent, null when cleared. */
export function amountOf(body: Record<string, unknown>, name: string): Cents | null | undefined {
  const inCents = body[`${name}_cents`] as Cents | null | undefined;
  const words = body[name] as string | null | undefined;
  if (inCents !== undefined) return inCents;
  return words == null ? words : (fromDecimal(words) as Cents);
}

/** For `.superRefine`: both forms of each named amount, if both are sent, say the same. */
export const amountsAgree =
  (...names: readonly string[]) =>
  (body: Record<string, unknown>, issues: { addIssue: (issue: { code: "custom"; path: string[]; message: string }) => void }): void => {
    for (const name of names) {
      const [inCents, words] = [body[`${name}_cents`], body[name]];
      if (inCents == null || words == null || fromDecimal(words as string) === inCents) continue;
      issues.addIssue({ code: "custom", path: [name], message: `${name} and ${name}_cents differ` });
    }
  };

/** For `.superRefine`: an amount that is paid as part of a fee is no larger than one (MONEY §2). */
export const withinFee =
  (name: string) =>
  (body: Record<string, unknown>, issues: { addIssue: (issue: { code: "custom"; path: string[]; message: string }) => void }): void => {
    if ((amountOf(body, name) ?? 0) > MAX_FEE)
      issues.addIssue({ code: "custom", path: [name], message: `is at most ${toDecimal(MAX_FEE)}` });
  };

/** A percentage in a body, as a string or number with at most two decimals; becomes basis points. */
export const PercentageInput = z
  .union([z.string(), z.number()])
  .transform((value) => fromDecimal(String(value)))
  .refine((rate) => rate !== null && rate >= 0 && rate <= 10_000, "must be 0 to 100 with at most two decimals")
  .transform((rate) => rate as BasisPoints)
  .openapi({ type: "string", example: "20.00" });

export const Percentage = z.string().openapi({ example: "20.00" });

/** `{ name: "20000.00", name_cents: 2000000 }`, or both null. */
export const amount = <Name extends string>(
  name: Name,
  value: Cents | null,
): Record<Name, string | null> & Record<`${Name}_cents`, Cents | null> =>
  ({ [name]: value === null ? null : toDecimal(value), [`${name}_cents`]: value }) as never;

export const amountShape = <Name extends string>(name: Name) =>
  ({ [name]: z.string().nullable().optional(), [`${name}_cents`]: z.int().nullable().optional() }) as unknown as Record<
    Name | `${Name}_cents`,
    z.ZodType
  >;

export const percentage = (rate: BasisPoints | null): string | null => (rate === null ? null : toDecimal(rate));

export const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

/** Without the fields that were not sent. */
export const defined = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** A row whose few fields were selected one by one for this answer: the same in JSON's words. */
export const summary = (row: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );

/** The included rows of a row, each in the words of its own presenter. */
export function included(row: object, presenters: Readonly<Record<string, (child: never) => unknown>>): Record<string, unknown> {
  const children = "included" in row ? (row.included as Record<string, unknown>) : {};
  return Object.fromEntries(
    Object.entries(children).map(([name, child]) => {
      const present = presenters[name] as ((child: unknown) => unknown) | undefined;
      if (!present) throw new Error(`no presenter for the include ${name}`);
      return [name, Array.isArray(child) ? child.map(present) : child === null ? null : present(child)];
    }),
  );
}

/** A comma list of these words in a query; `as` maps an alias to the word it stands for. */
export const wordList = <Word extends string>(words: readonly Word[], as: (word: Word) => string = (word) => word) =>
  z
    .string()
    .transform((list) => list.split(",").map((word) => word.trim()) as Word[])
    .refine((asked) => asked.every((word) => words.includes(word)), `may name ${words.join(", ")}`)
    .transform((asked) => asked.map(as))
    .openapi({ type: "string", description: `Comma list of ${words.join(", ")}` });

/** A list in a body whose values stand in it once. */
export const distinct = <Item extends z.ZodType>(item: Item, max: number) =>
  z
    .array(item)
    .max(max)
    .refine((values) => new Set(values).size === values.length, "names a value twice; name it once");

export { OverrideReason } from "../override-reason.ts";

/** What a deletion answers. */
export const Deleted = z.object({ id: Id, deleted: z.literal(true) }).openapi("Deleted");

export const deleted = ({ id }: { id: string }) => ({ id, deleted: true });
