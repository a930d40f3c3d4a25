/**
 * The worker SDK: `import { join } from 'skein'`.
 */
export { SkeinError } from "../protocol/error.ts";
export { join } from "./join.ts";
export { JoinedWorker, type WorkerEvents, type WorkerState } from "./joined-worker.ts";
export type { JoinOptions } from "./options.ts";
export type { WarningCode } from "./warnings.ts";
