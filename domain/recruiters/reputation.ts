/** What a recruiter's record says. Percentages run from 0 to 100. */
export interface ReputationRecord {
  totalSubmissions: number;
  totalHires: number;
  completedPlacements: number;
  failedPlacements: number;
  /** Null while there is nothing to go by, here and below. */
  collaboration: number | null;
  avgResponseTimeHours: number | null;
  pipelineReliability: number | null;
}

export interface Reputation {
  completion: number;
  hireRate: number;
  collaboration: number;
  responsiveness: number;
  pipelineReliability: number;
  volumeBonus: number;
  /** 0 to 100, two decimals. */
  score: number;
  band: ReputationBand;
}

export type ReputationBand = "elite" | "pro" | "active" | "new";

/** A component without enough to go by neither helps nor hurts. */
const NEUTRAL = 50;
const MIN_SUBMISSIONS = 5;
const MIN_PLACEMENTS = 3;

/** A quarter of the submissions hired is as good as it gets. */
const FULL_HIRE_RATE = 25;

/** They add to 0.95: without volume, a perfect record scores 95. */
const WEIGHTS = { completion: 0.3, hireRate: 0.25, collaboration: 0.15, responsiveness: 0.15, pipelineReliability: 0.1 };

/** Hours to answer, and what that is worth; linear between. */
const RESPONSE: readonly (readonly [hours: number, points: number])[] = [
  [4, 100],
  [12, 80],
  [24, 60],
  [48, 30],
];

const VOLUME: readonly (readonly [placements: number, bonus: number])[] = [
  [50, 10],
  [30, 7.5],
  [15, 5],
  [5, 2.5],
];

const BANDS: readonly (readonly [from: number, band: ReputationBand])[] = [
  [90, "elite"],
  [70, "pro"],
  [40, "active"],
];

const clamp = (points: number): number => Math.min(100, Math.max(0, points));
const twoDecimals = (points: number): number => Math.round(points * 100) / 100;

/** What an average response time is worth, 30 to 100. Slower than 48 hours is not worse than 48. */
export function responsiveness(hours: number): number {
  let [slower, fewer] = [48, 30];
  if (hours >= slower) return fewer;
  for (const [faster, more] of RESPONSE.toReversed()) {
    if (hours >= faster && slower > faster) return more - ((hours - faster) / (slower - faster)) * (more - fewer);
    [slower, fewer] = [faster, more];
  }
  return 100;
}

/** The routing signal made of a recruiter's record, with its parts (DOMAIN §2.4). */
export function reputationOf(record: ReputationRecord): Reputation {
  const placements = record.completedPlacements + record.failedPlacements;
  const parts = {
    completion: placements < MIN_PLACEMENTS ? NEUTRAL : (100 * record.completedPlacements) / placements,
    hireRate:
      record.totalSubmissions < MIN_SUBMISSIONS
        ? NEUTRAL
        : clamp((100 * 100 * record.totalHires) / record.totalSubmissions / FULL_HIRE_RATE),
    collaboration: clamp(record.collaboration ?? NEUTRAL),
    responsiveness: record.avgResponseTimeHours === null ? NEUTRAL : responsiveness(record.avgResponseTimeHours),
    pipelineReliability: clamp(record.pipelineReliability ?? NEUTRAL),
  };
  const volumeBonus = VOLUME.find(([from]) => record.completedPlacements >= from)?.[1] ?? 0;
  const weighted = (Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]).reduce(
    (total, part) => total + WEIGHTS[part] * parts[part],
    volumeBonus,
  );
  const score = twoDecimals(clamp(weighted));
  return { ...parts, volumeBonus, score, band: reputationBand(score) };
}

export const reputationBand = (score: number): ReputationBand => BANDS.find(([from]) => score >= from)?.[1] ?? "new";
