/** What is used of zod, under the names that zod gives it. */
export * from "../node_modules/zod/v4/classic/schemas.js";
export * from "../node_modules/zod/v4/classic/checks.js";
export * from "../node_modules/zod/v4/classic/errors.js";
export * from "../node_modules/zod/v4/classic/parse.js";
export * from "../node_modules/zod/v4/classic/compat.js";
export * as coerce from "../node_modules/zod/v4/classic/coerce.js";
export * as iso from "../node_modules/zod/v4/classic/iso.js";
export { config, globalRegistry, NEVER, registry, treeifyError } from "../node_modules/zod/v4/core/index.js";
