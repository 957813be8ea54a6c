import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { readPlace } from "#services/white-label/place.ts";
import { originOf } from "../hosts.ts";
import { outsideApp } from "../outside.tsx";
import { contextOfStranger } from "../stranger.ts";
import { intakeApp } from "./intake.ts";

const MAX_BODY_BYTES = 32 * 1024;

/** What answers on the host of the embed code, beside the intake and the files. */
const pages = outsideApp({ referrer: "same-origin", maxBytes: MAX_BODY_BYTES });

/** The way to a company's intake for a page that knows no more of it than the id. */
pages.get("/intake/:companyId", async (c) => {
  const id = c.req.param("companyId");
  const company = isUuid(id) ? await readPlace(contextOfStranger(c), { id }) : null;
  if (!company) throw notFound("company", id);
  return c.redirect(`${originOf(`${company.slug}.roles`, c.env.CONSOLE_ORIGIN)}/intake`, 302);
});

/** The intake answers here as on the API's host. */
export const embedApp: Pick<typeof pages, "fetch"> = {
  fetch: (request, ...rest) =>
    new URL(request.url).pathname.startsWith("/api/v1/intake/") ? intakeApp.fetch(request, ...(rest as [])) : pages.fetch(request, ...rest),
};
