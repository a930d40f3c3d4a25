import type { GatewayConfiguration } from "./configuration.ts";

/**
 * The entry `config/evaluate-main` turns a configuration file into a `GatewayConfiguration`, in a process of its own
 * that lives only for this: a changed module cannot be imported twice, and a configuration that hangs must not
 * hang its reader. Its first argument is an `EvaluationRequest` as JSON; it writes one `Evaluation` as one line of JSON
 * on stdout (what the configuration itself prints goes to stderr) and exits with 0, errors or not. The caller kills
 * it after `evaluationDeadlineMs`.
 */
export interface EvaluationRequest {
  /** Null: `skein.config.{ts,mts,cts,js,mjs,cjs,json}` in `directory`; that there is none is fine. */
  file: string | null;
  /** Absolute. Paths in flags and SKEIN_* are relative to it; those in the file are relative to the file. */
  directory: string;
  flags: ConfigurationFlags;
}

/** Command line over `SKEIN_*` (LISTEN, CONTROL, STATE, PROXIES, CONTROLLERS, STORE, ACCESS_LOG, INSECURE_PLAIN_CONTROL, ROLE, JOIN) over the file over defaults. */
export interface ConfigurationFlags {
  listen?: string[];
  control?: string;
  state?: string;
  proxies?: string;
  controllers?: string;
  store?: string;
  accessLog?: string;
  insecurePlainControl?: string;
  role?: string;
  join?: string[];
  /** `skein dev`, `skein demo`: the gateway's own answers tell what to do. */
  hints?: boolean;
}

/** Less than an upgrade waits for the new supervisor, which reads the configuration: it would end without the reason. */
export const evaluationDeadlineMs = 15_000;

export type Evaluation =
  | {
      ok: true;
      /** Absolute; null: there is none. */
      file: string | null;
      configuration: GatewayConfiguration;
      /** What came from where: dotted key to `flag --listen`, `SKEIN_LISTEN`, `file`, `default`. */
      origins: Record<string, string>;
      values: ConfigurationValue[];
      /** What is allowed, and may be a mistake. */
      warnings: ConfigurationError[];
    }
  | { ok: false; file: string | null; errors: ConfigurationError[] };

/** One key in force, for people. */
export interface ConfigurationValue {
  /** As people write it, dotted. */
  key: string;
  value: string;
  /** `default`, a place in the file, a variable, or a flag. */
  from: string;
}

/** What is wrong with one place, or may be. */
export interface ConfigurationError {
  /** `services.web.workers[0]`; empty: the whole file. */
  key: string;
  /** What is wrong and what to do about it. */
  message: string;
  /** `skein.config.json:12:5`, or the file's name alone, or `--listen`, or `SKEIN_LISTEN`. */
  where: string;
}
