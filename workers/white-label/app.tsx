import { outsideApp } from "../outside.tsx";

const MAX_BODY_BYTES = 32 * 1024;

/** What answers on every company's own host. */
export const whiteLabelApp = outsideApp({ referrer: "same-origin", maxBytes: MAX_BODY_BYTES });
