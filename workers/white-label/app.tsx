import type { FC } from "hono/jsx";
import { isUuid } from "#domain/ids.ts";
import { HONEYPOT } from "#domain/intake/fields.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { submitCandidate } from "#services/deals/submit-candidate.ts";
import { takeIntake } from "#services/intake-requests/take-intake.ts";
import { enterAccessCode } from "#services/white-label/access-codes.ts";
import { arrive } from "#services/white-label/hand-over.ts";
import { type Place, readPlace, readRole, readRoles } from "#services/white-label/place.ts";
import { submissionTerms } from "#services/white-label/submission-terms.ts";
import { Button, ButtonLink, Field, type FieldErrors } from "#ui/form.tsx";
import { AccessPage } from "#white-label/pages/access.tsx";
import { IntakePage } from "#white-label/pages/intake.tsx";
import { ListPage } from "#white-label/pages/list.tsx";
import { MessagePage, ThanksPage } from "#white-label/pages/messages.tsx";
import { GonePage, RolePage } from "#white-label/pages/role.tsx";
import { ChoosePage, SignInPage, SubmitPage } from "#white-label/pages/submit.tsx";
import { refusalOf } from "../api/problems.ts";
import { type OutsideContext, outsideApp, Plain, send } from "../outside.tsx";
import { contextOfStranger } from "../stranger.ts";
import {
  addressOf,
  formMarkOf,
  keepCode,
  keepFor,
  keepSession,
  newFormToken,
  recruiterOf,
  seconds,
  settingOf,
  slugOfVisit,
  visiting,
} from "./visit.ts";

const MAX_BODY_BYTES = 32 * 1024;

/** What answers on every company's own host. */
export const whiteLabelApp = outsideApp({ referrer: "same-origin", maxBytes: MAX_BODY_BYTES });

whiteLabelApp.get("/", (c) =>
  visiting(c, readRoles, ({ roles }, place) => send(c, <ListPage place={place} roles={roles} setting={settingOf(c)} />), { kept: true }),
);

whiteLabelApp.get("/thanks", (c) =>
  visiting(c, readPlace, (place) => send(c, <ThanksPage place={place} setting={settingOf(c)} />), { kept: true }),
);

// --- for search engines

// before the door of a private page, because it says no more than that there is one
whiteLabelApp.get("/robots.txt", async (c) => {
  const place = await readPlace(contextOfStranger(c), { slug: slugOfVisit(c) });
  if (!place) throw notFound("page");
  await keepFor(c, place);
  const { origin } = new URL(c.req.url);
  const open = ["User-agent: *", "Disallow: /submit", "Disallow: /intake", "Disallow: /session", `Sitemap: ${origin}/sitemap.xml`];
  return c.text(`${(place.isPrivate ? ["User-agent: *", "Disallow: /"] : open).join("\n")}\n`);
});

whiteLabelApp.get("/sitemap.xml", (c) =>
  visiting(
    c,
    readRoles,
    ({ roles }, place) => {
      if (place.isPrivate) throw notFound("page");
      const { origin } = new URL(c.req.url);
      const entries = roles
        .filter(({ standing }) => standing === "open")
        .map(({ slug, updatedAt }) => `<url><loc>${origin}/${slug}</loc><lastmod>${updatedAt.toISOString()}</lastmod></url>`);
      const urls = [`<url><loc>${origin}/</loc></url>`, ...entries].join("");
      return c.body(
        `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls}</urlset>`,
        200,
        {
          "Content-Type": "application/xml; charset=utf-8",
        },
      );
    },
    { kept: true },
  ),
);

whiteLabelApp.get("/logo", (c) =>
  visiting(
    c,
    readPlace,
    (place) => {
      if (place.logoKey === null) throw notFound("logo");
      return c.redirect(`/logo/${place.logoKey}`, 302);
    },
    { kept: true },
  ),
);

// --- private pages

/** Where to go after the door: a path of this host. */
const pathOf = (given: string | undefined): string =>
  given !== undefined && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(given) ? given : "/";

whiteLabelApp.get("/access", async (c) => {
  const place = await readPlace(contextOfStranger(c), { slug: slugOfVisit(c) });
  if (!place) throw notFound("page");
  return place.isPrivate ? send(c, <AccessPage returnTo={pathOf(c.req.query("return_to"))} />) : c.redirect("/", 303);
});

const CODE_FAULTS = {
  wrong: "This code is not known. Look at it again: it has twelve letters and digits.",
  over: "This code no longer opens the page. Ask your contact for a new code.",
} as const;

whiteLabelApp.post("/access", async (c) => {
  const ctx = contextOfStranger(c);
  const form = await formOf(c);
  const place = await readPlace(ctx, { slug: slugOfVisit(c) });
  if (!place?.isPrivate) throw notFound("page");
  const returnTo = pathOf(form["return_to"]);
  const waits = await ctx.ports.intake(place.id, addressOf(c)).take("code", seconds());
  if (waits > 0) return tooMany(c, waits, (words) => <AccessPage returnTo={returnTo} error={words} />);
  const entered = await enterAccessCode(ctx, place.id, form["code"] ?? "");
  if (entered.kind !== "open") return send(c, <AccessPage returnTo={returnTo} error={CODE_FAULTS[entered.kind]} />, 422);
  await keepCode(c, ctx.ports.links, entered.id, entered.until);
  return c.redirect(returnTo, 303);
});

const TIME = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });

/** Says when it may be tried again. */
function tooMany(c: OutsideContext, waits: number, page: (words: string) => Parameters<typeof send>[1]): Promise<Response> {
  c.header("Retry-After", String(waits));
  const at = new Date((seconds() + waits + 59) * 1_000);
  return send(c, page(`That was too often. You can try again at ${TIME.format(at)} UTC.`), 429);
}

// --- roles from outside

const Closed: FC<{ place: Place; c: OutsideContext }> = ({ place, c }) => (
  <MessagePage place={place} setting={settingOf(c)} title="The intake is closed">
    <p>{`${place.name} takes no new roles here at the moment.`}</p>
  </MessagePage>
);

whiteLabelApp.get("/intake", (c) =>
  visiting(c, readPlace, async (place, _, ctx) =>
    place.intake.isOpen
      ? send(c, <IntakePage place={place} setting={settingOf(c)} token={await newFormToken(c, ctx.ports.links)} />)
      : send(c, <Closed place={place} c={c} />),
  ),
);

whiteLabelApp.post("/intake", (c) =>
  keepingForm(c, "/intake", (form) =>
    visiting(c, readPlace, async (place, _, ctx) => {
      if (!place.intake.isOpen) return send(c, <Closed place={place} c={c} />, 409);
      const { token = "", [HONEYPOT]: bait, ...answers } = form;
      const again = async (errors: FieldErrors, status: number) => {
        const fresh = await newFormToken(c, ctx.ports.links);
        return send(c, <IntakePage place={place} setting={settingOf(c)} token={fresh} given={answers} errors={errors} />, status);
      };
      const guard = ctx.ports.intake(place.id, addressOf(c));
      const waits = await guard.take("request", seconds());
      if (waits > 0)
        return tooMany(c, waits, (words) => (
          <MessagePage place={place} setting={settingOf(c)} title="Not now">
            {words}
          </MessagePage>
        ));
      if (bait) return c.redirect("/thanks", 303); // no person saw that field
      const mark = await formMarkOf(c, ctx.ports.links, token);
      if (!mark || !(await guard.spend(mark.mark, mark.until, seconds()))) {
        return again(
          { form: "This form was sent before, or was open for more than two hours. Look at it once more and send it again." },
          422,
        );
      }
      try {
        await takeIntake(ctx, place.intake.fields, { companyId: place.id, source: "white_label", answers });
      } catch (error) {
        const errors = fieldErrorsOf(error);
        if (errors) return again(errors, 422);
        throw error;
      }
      return c.redirect("/thanks", 303);
    }),
  ),
);

// --- submissions of signed-in recruiters

whiteLabelApp.get("/submit", async (c) => {
  const roleId = c.req.query("role_id") ?? "";
  if (!isUuid(roleId)) {
    return visiting(c, readRoles, ({ roles }, place) =>
      send(c, <ChoosePage place={place} setting={settingOf(c)} roles={roles.filter(({ standing }) => standing === "open")} />),
    );
  }
  const ctx = contextOfStranger(c, await recruiterOf(c));
  const read: typeof readPlace = (_, by, code) => readPlace(ctx, by, code);
  return visiting(c, read, async (place) => {
    if (!ctx.session) return send(c, <SignInPage place={place} setting={settingOf(c)} signIn={signInPath(c, place, roleId)} />);
    const who = await submissionTerms(ctx, place.id, roleId);
    return send(c, <SubmitPage place={place} setting={settingOf(c)} roleId={roleId} who={who} />);
  });
});

const signInPath = (c: OutsideContext, place: Place, roleId: string): string =>
  `${c.env.CONSOLE_ORIGIN}/white-label/sign-in?${String(new URLSearchParams({ slug: place.slug, role_id: roleId }))}`;

whiteLabelApp.post("/submit", (c) =>
  keepingForm(c, "/submit", async (form) => {
    const { role_id: roleId = "", email = "", notes = "" } = form;
    const ctx = contextOfStranger(c, await recruiterOf(c));
    const read: typeof readPlace = (_, by, code) => readPlace(ctx, by, code);
    return visiting(c, read, async (place) => {
      if (!isUuid(roleId)) return c.redirect("/submit", 303);
      if (!ctx.session) return send(c, <SignInPage place={place} setting={settingOf(c)} signIn={signInPath(c, place, roleId)} />, 401);
      const who = await submissionTerms(ctx, place.id, roleId);
      const again = (status: number, told: { errors?: FieldErrors; refusal?: string }) =>
        send(c, <SubmitPage place={place} setting={settingOf(c)} roleId={roleId} who={who} given={form} {...told} />, status);
      if (!who.terms?.role.isOpen || who.recruiter?.status !== "active") return again(409, {});
      if (!/^[^\s@<>"]+@[^\s@<>"]+$/.test(email.trim()))
        return again(422, { errors: { email: "Enter an address such as name@example.com." } });
      try {
        await submitCandidate(ctx, {
          jobId: roleId,
          candidate: { email: email.trim() },
          notes: notes.trim() || null,
          source: "white_label",
        });
      } catch (error) {
        const refusal = error instanceof Refusal ? error : null;
        if (refusal) return again(422, { refusal: refusal.message });
        throw error;
      }
      return c.redirect("/thanks", 303);
    });
  }),
);

whiteLabelApp.get("/session", async (c) => {
  const ctx = contextOfStranger(c);
  const roleId = c.req.query("role_id") ?? "";
  const place = await readPlace(ctx, { slug: slugOfVisit(c) });
  if (!place) throw notFound("page");
  const country = /^[A-Z]{2}$/.exec(c.req.header("cf-ipcountry") ?? "")?.[0] ?? null;
  const token = await arrive(ctx, place.id, c.req.query("code") ?? "", country);
  const form = isUuid(roleId) ? `/submit?role_id=${roleId}` : "/submit";
  if (token !== null) {
    keepSession(c, token);
    return c.redirect(form, 303);
  }
  return send(
    c,
    <Plain title="Please sign in again">
      <p>This sign-in was used already, or took longer than a minute.</p>
      <ButtonLink href={form} kind="main" whole>
        Back to the form
      </ButtonLink>
    </Plain>,
    410,
  );
});

// --- last, because any other name is a role's

whiteLabelApp.get("/:role", (c) =>
  visiting(
    c,
    (ctx, by, code) => readRole(ctx, by, c.req.param("role"), code),
    ({ role, requirements }, place) => {
      if (!role) throw notFound("page");
      return role.standing === "over"
        ? send(c, <GonePage place={place} role={role} setting={settingOf(c)} />, 410)
        : send(c, <RolePage place={place} role={role} requirements={requirements} setting={settingOf(c)} />);
    },
    { kept: true },
  ),
);

// --- forms

async function formOf(c: OutsideContext): Promise<Readonly<Record<string, string>>> {
  const fields = await c.req.parseBody();
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** What is wrong with the fields of a form, if that is what was refused. */
function fieldErrorsOf(error: unknown): FieldErrors | null {
  if (!(error instanceof Refusal) || error.code !== "validation_failed") return null;
  return Object.fromEntries((error.members.errors ?? []).map(({ pointer, message }) => [pointer.slice(1), message]));
}

/** Answers a form; while the database is away, what was typed comes back to be sent again. */
async function keepingForm(
  c: OutsideContext,
  to: string,
  work: (form: Readonly<Record<string, string>>) => Promise<Response>,
): Promise<Response> {
  const form = await formOf(c);
  try {
    return await work(form);
  } catch (error) {
    if (refusalOf(error).code !== "service_unavailable") throw error;
    const { token, [HONEYPOT]: _, ...typed } = form;
    return send(
      c,
      <Plain title="Not sent yet">
        <p>Something of ours is away for a moment. What you wrote is still here: send it again.</p>
        <form method="post" action={to} class="stack">
          {token === undefined ? null : (
            <input type="hidden" name="token" value={await newFormToken(c, contextOfStranger(c).ports.links)} />
          )}
          {Object.entries(typed).map(([name, value]) =>
            name === "role_id" ? (
              <input type="hidden" name={name} value={value} />
            ) : (
              <Field name={name} label={inWords(name)} value={value} rows={2} />
            ),
          )}
          <Button kind="main" whole>
            Send again
          </Button>
        </form>
      </Plain>,
      503,
    );
  }
}

const inWords = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`.replaceAll("_", " ");
