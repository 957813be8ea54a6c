import type { FC } from "hono/jsx";
import { isTimeZone, RANGES, type TimeRange } from "#domain/portal/times.ts";
import { getOwnApplication } from "#services/portal/own-application.ts";
import { offerTimes } from "#services/portal/tell.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import type { OutsideContext, OutsidePage } from "../../outside.tsx";
import { atOf, faultsIn, formOf, goTo, idOf, visit } from "../context.ts";
import { sendFrame } from "../frame.tsx";

const LINES = Array.from({ length: RANGES }, (_, index) => index + 1);

interface Typed {
  timeZone: string;
  ranges: readonly TimeRange[];
}

/** Where the edge thinks somebody is; they may say otherwise. */
function guessedZone(c: OutsideContext): string {
  const zone = (c.req.raw as { cf?: { timezone?: unknown } }).cf?.timezone;
  return typeof zone === "string" && isTimeZone(zone) ? zone : "UTC";
}

const Range: FC<{ line: number; of?: TimeRange | undefined; error?: string | undefined }> = ({ line, of: range, error }) => (
  <fieldset class="stack">
    <legend>{line === 1 ? "A time that suits you" : "Another one, if you like"}</legend>
    <div class="range">
      <Field name={`day_${line}`} label="Day" type="date" value={range?.day} error={error} />
      <Field name={`from_${line}`} label="From" type="time" value={range?.from} />
      <Field name={`until_${line}`} label="Until" type="time" value={range?.until} />
    </div>
  </fieldset>
);

/** Asks when somebody can be met, in their own time zone. */
async function show(c: OutsideContext, typed: Typed, errors: FieldErrors = {}): Promise<Response> {
  const at = atOf(c);
  const application = await getOwnApplication(await visit(c), idOf(c));
  const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
  return sendFrame(
    c,
    "When you can be met",
    "",
    <>
      <Heading title="When you can be met">For {application.title}. What you say here takes the place of what you said before.</Heading>
      <form method="post" action={at(`/applications/${application.id}/availability`)} class="stack wide prose">
        <ErrorSummary errors={errors} />
        {LINES.map((line) => (
          <Range line={line} of={typed.ranges[line - 1]} error={errors[`day_${line}`]} />
        ))}
        <Select
          name="time_zone"
          label="Your time zone"
          value={typed.timeZone}
          options={zones.map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))}
          error={errors["time_zone"]}
        />
        <div class="row">
          <Button kind="main">Pass these times on</Button>
          <ButtonLink href={at(`/applications/${application.id}`)}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    Object.keys(errors).length > 0 ? 422 : 200,
  );
}

export const availabilityPage: OutsidePage = (c) => show(c, { timeZone: guessedZone(c), ranges: [] });

export const availabilityPosted: OutsidePage = async (c) => {
  const [ctx, id, form] = [await visit(c), idOf(c), await formOf(c)];
  const ranges = LINES.map((line) => ({
    day: form[`day_${line}`] ?? "",
    from: form[`from_${line}`] ?? "",
    until: form[`until_${line}`] ?? "",
  }));
  const timeZone = form["time_zone"] ?? "";
  const errors = await faultsIn(() => offerTimes(ctx, id, timeZone, ranges));
  return errors ? show(c, { timeZone, ranges }, errors) : goTo(c, `/applications/${id}?done=times`);
};
