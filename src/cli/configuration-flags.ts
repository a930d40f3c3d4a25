import { resolve } from "node:path";
import type { Command } from "commander";
import type { ConfigurationFlags, EvaluationRequest } from "../protocol/evaluation.ts";

/** The flags that decide how a gateway runs, as commander gives them. */
export interface ConfigurationOptions {
  config?: string;
  listen?: string[];
  control?: string;
  state?: string;
  proxies?: string;
  controllers?: string;
  store?: string;
  accessLog?: string;
  insecurePlainControl?: boolean;
  role?: string;
  join?: string[];
  hints?: boolean;
}

/** Adds them to a verb. They win over `SKEIN_*`, and these over the file. */
export function addConfigurationFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "configuration (default: skein.config.{ts,mts,cts,js,mjs,cjs,json} here)")
    .option("-l, --listen <address...>", "where clients connect (default: :8080)")
    .option("--control <address>", "the control API (default: 127.0.0.1:7600)")
    .option("--state <directory>", "what outlives a restart (default: ./.skein)")
    .option("--proxies <count>", "proxy processes (default: one per core)")
    .option("--controllers <count>", "controller processes, 1 to 3 (default: 2)")
    .option("--store <where>", "sqlite, memory or etcd://host:2379,... (default: sqlite)")
    .option("--role <role>", "gateway, or proxy: proxies only (default: gateway)")
    .option("--join <address...>", "controllers to follow, for --role proxy")
    .option("--insecure-plain-control", "serve it to other hosts without TLS")
    .option("--access-log <where>", "stdout, or a file (default: none)")
    .option("--hints", "the gateway's own answers say what to do: for development");
}

export function evaluationRequest(options: ConfigurationOptions): EvaluationRequest {
  const directory = process.cwd();
  const { config, ...flags } = options;
  const file = config ?? (process.env["SKEIN_CONFIG"] || undefined);
  return {
    file: file === undefined ? null : resolve(directory, file),
    directory,
    flags: pickFlags(flags),
  };
}

function pickFlags(options: Omit<ConfigurationOptions, "config">): ConfigurationFlags {
  const {
    listen,
    control,
    state,
    proxies,
    controllers,
    store,
    accessLog,
    insecurePlainControl,
    role,
    join,
    hints,
  } = options;
  return {
    ...(listen === undefined ? {} : { listen: listen.flatMap((each) => each.split(",")) }),
    ...(control === undefined ? {} : { control }),
    ...(state === undefined ? {} : { state }),
    ...(proxies === undefined ? {} : { proxies }),
    ...(controllers === undefined ? {} : { controllers }),
    ...(store === undefined ? {} : { store }),
    ...(accessLog === undefined ? {} : { accessLog }),
    ...(role === undefined ? {} : { role }),
    ...(join === undefined ? {} : { join: join.flatMap((each) => each.split(",")) }),
    ...(insecurePlainControl === true ? { insecurePlainControl: "true" } : {}),
    ...(hints === undefined ? {} : { hints }),
  };
}
