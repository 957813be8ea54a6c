/** The version that the source builds. One that is in `released/` never changes: a change raises this. */
export const VERSION = "1.0.0";
