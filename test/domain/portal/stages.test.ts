import { expect, it } from "vitest";
import { APPLICATION_STAGES } from "#domain/deals/states.ts";
import { STAGE_WORDS, usualTime } from "#domain/portal/stages.ts";

it("every stage has the words of the specification", () => {
  expect(Object.fromEntries(APPLICATION_STAGES.map((stage) => [stage, STAGE_WORDS[stage].name]))).toEqual({
    draft: "Being prepared",
    ai_review: "Being prepared",
    ai_reviewed: "Being prepared",
    ai_failed: "Being prepared",
    recruiter_proposed: "Proposed to you, your answer is awaited",
    recruiter_request: "A question for you",
    recruiter_review: "With a recruiter",
    screen: "With a recruiter",
    submitted: "With the company",
    company_review: "With the company",
    company_feedback: "With the company",
    interview: "Interview",
    offer: "Offer",
    hired: "Hired",
    rejected: "Not selected",
    withdrawn: "Withdrawn",
    expired: "Closed",
  });
});

it.each([
  [null, null],
  [{ cases: 9, medianSeconds: 86_400 }, null],
  [{ cases: 10, medianSeconds: 0 }, "less than a day"],
  [{ cases: 10, medianSeconds: 43_199 }, "less than a day"],
  [{ cases: 10, medianSeconds: 86_400 }, "about a day"],
  [{ cases: 500, medianSeconds: 5.4 * 86_400 }, "about 5 days"],
])("%j usually takes %s", (time, words) => {
  expect(usualTime(time)).toBe(words);
});
