import type { ChangedSubject } from "../events/api.ts";
import { randomOf } from "./token.ts";

/** A key or grant as its object knows it: by the random digits of its id, from this version on. */
export const subjectOf = (kind: "key" | "grant", { publicId, version }: { publicId: string; version: number }): ChangedSubject => ({
  name: `${kind}:${randomOf(publicId)}`,
  version,
});
