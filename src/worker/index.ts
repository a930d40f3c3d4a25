/// <reference types="node" preserve="true" />
/**
 * The worker SDK: `import { join } from 'skein'`; and for those who call a service: `import { client } from 'skein'`.
 */
export { SkeinError } from "../protocol/error.ts";
export { deadline, signal } from "./at-hand/at-hand.ts";
export type { CallOptions } from "./client/call-options.ts";
export { client, type ServiceClient } from "./client/client.ts";
export type { ClientOptions } from "./client/client-options.ts";
export type { JoinableServer } from "./check-server.ts";
export { join } from "./join.ts";
export { JoinedWorker, type WorkerEvents, type WorkerState } from "./joined-worker.ts";
export type { LinkFeed } from "./link/service-side.ts";
export type { JoinOptions } from "./options.ts";
export type { WarningCode } from "./warnings.ts";
