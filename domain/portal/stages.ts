import type { ApplicationStage } from "../deals/states.ts";

/** What candidates read where a role keeps its company to itself. */
export const CONFIDENTIAL = "Confidential client";

/** Where an application stands, as its candidate reads it (SURFACES §5). */
export interface StageWords {
  name: string;
  /** What happens now, and who does it. */
  now: string;
  /** How far along the way it is; null where the way has ended. */
  step: Step | null;
}

/** The way of an application, as candidates see it. */
export const STEPS = ["Preparing", "Recruiter", "Company", "Interview", "Offer", "Hired"] as const;
export type Step = (typeof STEPS)[number];

const PREPARING: StageWords = {
  name: "Being prepared",
  now: "Your application is being put together. There is nothing you need to do.",
  step: "Preparing",
};
const WITH_RECRUITER: StageWords = {
  name: "With a recruiter",
  now: "A recruiter is reading your application and decides whether to pass it on.",
  step: "Recruiter",
};
const WITH_COMPANY: StageWords = {
  name: "With the company",
  now: "The company has your application and is looking at it.",
  step: "Company",
};

/** Every stage in plain words. */
export const STAGE_WORDS: Readonly<Record<ApplicationStage, StageWords>> = {
  draft: PREPARING,
  ai_review: PREPARING,
  ai_reviewed: PREPARING,
  ai_failed: PREPARING,
  recruiter_proposed: {
    name: "Proposed to you, your answer is awaited",
    now: "Somebody thinks this role suits you. Open it and tell us whether you are interested.",
    step: "Preparing",
  },
  recruiter_review: WITH_RECRUITER,
  screen: WITH_RECRUITER,
  recruiter_request: {
    name: "A question for you",
    now: "There is a question about your application. Answer the mail you got, or write to us here.",
    step: "Recruiter",
  },
  submitted: WITH_COMPANY,
  company_review: WITH_COMPANY,
  company_feedback: WITH_COMPANY,
  interview: {
    name: "Interview",
    now: "The company would like to meet you. Tell it when you have time.",
    step: "Interview",
  },
  offer: {
    name: "Offer",
    now: "There is an offer for you. If anything about it is unclear, write to us here.",
    step: "Offer",
  },
  hired: { name: "Hired", now: "You have the job. Congratulations!", step: "Hired" },
  rejected: {
    name: "Not selected",
    now: "The company went on with somebody else. It says little about you, and your other applications go on.",
    step: null,
  },
  withdrawn: { name: "Withdrawn", now: "You are no longer a candidate for this role.", step: null },
  expired: { name: "Closed", now: "Nobody went on with this application in time, so it was closed.", step: null },
};

/** With fewer cases a median says nothing about the next one. */
const ENOUGH_CASES = 10;
const DAY_SECONDS = 86_400;

/** How long a stage usually takes, in words; null where too few went through it. */
export function usualTime(time: { cases: number; medianSeconds: number } | null): string | null {
  if (!time || time.cases < ENOUGH_CASES) return null;
  const days = Math.round(time.medianSeconds / DAY_SECONDS);
  if (days < 1) return "less than a day";
  return days === 1 ? "about a day" : `about ${days} days`;
}

/** For so long a candidate may change their mind about a withdrawal (SURFACES S-8). */
export const UNDO_HOURS = 24;
