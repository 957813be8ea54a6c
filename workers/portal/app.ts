import { outsideApp } from "../outside.tsx";

/** Documents may weigh 10 MB, and the rest of their form a little. */
const MAX_BODY_BYTES = 10 * 1024 * 1024 + 64 * 1024;

/** What answers candidates, on `candidate.` and under `/candidate` on `portal.`. */
export const portalApp = outsideApp({ referrer: "no-referrer", maxBytes: MAX_BODY_BYTES });
