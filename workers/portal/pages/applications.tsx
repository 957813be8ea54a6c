import type { FC } from "hono/jsx";
import { hasEnded } from "#domain/deals/states.ts";
import { CONFIDENTIAL, STAGE_WORDS, type Step, STEPS } from "#domain/portal/stages.ts";
import { listOwnApplications, type OwnApplication } from "#services/portal/own-application.ts";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Empty, type Tone } from "#ui/parts.tsx";
import type { OutsidePage } from "../../outside.tsx";
import { type At, atOf, visit } from "../context.ts";
import { sendFrame } from "../frame.tsx";

const ASKED: ReadonlySet<string> = new Set(["recruiter_proposed", "recruiter_request"]);
const GOOD: ReadonlySet<string> = new Set(["interview", "offer", "hired"]);

const toneOf = (stage: string): Tone => (ASKED.has(stage) ? "warn" : GOOD.has(stage) ? "good" : "neutral");

/** A stage in plain words. */
export const StageBadge: FC<{ of: Pick<OwnApplication, "stage" | "withdrawsAt"> }> = ({ of: { stage, withdrawsAt } }) =>
  withdrawsAt && !hasEnded(stage) ? (
    <Badge tone="warn">Withdrawal under way</Badge>
  ) : (
    <Badge tone={toneOf(stage)}>{STAGE_WORDS[stage].name}</Badge>
  );

/** How far along an application is. */
export const Way: FC<{ step: Step }> = ({ step }) => {
  const at = STEPS.indexOf(step);
  return (
    <div class="stack">
      <div class="way" aria-hidden="true">
        {STEPS.map((_, index) => (
          <i class={index <= at ? "done" : undefined} />
        ))}
      </div>
      <p class="soft small">
        Step {at + 1} of {STEPS.length}: {step}
      </p>
    </div>
  );
};

/** What company it is; some keep it to themselves at first. */
export const companyOf = ({ company }: Pick<OwnApplication, "company">): string => company ?? CONFIDENTIAL;

const ApplicationCard: FC<{ of: OwnApplication; at: At; now: Date }> = ({ of: application, at, now }) => {
  const words = STAGE_WORDS[application.stage];
  return (
    <li class="card stack">
      <div class="head">
        <h3>
          <a href={at(`/applications/${application.id}`)}>{application.title}</a>
        </h3>
        <StageBadge of={application} />
      </div>
      <p class="soft">{[companyOf(application), application.location].filter(Boolean).join(" · ")}</p>
      {words.step === null ? null : (
        <>
          <p>{words.now}</p>
          <Way step={words.step} />
        </>
      )}
      <p class="soft small">
        Last update <Ago at={application.since} now={now} />
      </p>
    </li>
  );
};

/** Every application of the person, what is under way first. */
export const applicationsPage: OutsidePage = async (c) => {
  const ctx = await visit(c);
  const all = await listOwnApplications(ctx);
  const isFinished = ({ stage }: OwnApplication) => hasEnded(stage) || stage === "hired";
  const parts = [
    { title: "Under way", of: all.filter((application) => !isFinished(application)) },
    { title: "Finished", of: all.filter(isFinished) },
  ].filter(({ of }) => of.length > 0);
  return sendFrame(
    c,
    "Your applications",
    "/",
    <>
      <Heading title="Your applications">
        {ctx.session?.person}, here you see where each one stands. You do not need to do anything unless we say so.
      </Heading>
      {all.length === 0 ? (
        <Empty title="There is no application yet">As soon as a recruiter prepares one for you, it appears here.</Empty>
      ) : null}
      {parts.map(({ title, of }) => (
        <section class="stack">
          <h2>{title}</h2>
          <ul class="stack">
            {of.map((application) => (
              <ApplicationCard of={application} at={atOf(c)} now={ctx.now()} />
            ))}
          </ul>
        </section>
      ))}
    </>,
  );
};
