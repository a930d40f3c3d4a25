/** The door `skein/config`: for `skein.config.ts`. It loads nothing else, so that reading a configuration stays quick. */
export { defineConfig } from "./config.ts";
export type {
  Address,
  CheckConfig,
  Duration,
  LimitsConfig,
  QueueConfig,
  RegistrationConfig,
  RetryBudgetConfig,
  RewriteConfig,
  RouteConfig,
  ServiceConfig,
  Size,
  SkeinConfig,
  TimeoutsConfig,
  WorkerConfig,
  WorkerEntryConfig,
} from "./config.ts";
