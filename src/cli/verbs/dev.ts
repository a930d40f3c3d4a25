import { runDev } from "../../supervisor/local/dev.ts";
import type { RunDevOptions } from "../../supervisor/local/options.ts";
import { wholeNumber } from "../whole-number.ts";

export interface DevOptions {
  instances: string;
  service?: string;
  listen?: string;
  control?: string;
  state?: string;
  config?: string;
  watch: boolean;
}

/** `skein dev server.js -i 3`: an unchanged app behind a gateway, restarted on change. */
export function dev(entry: string, args: readonly string[], options: DevOptions): Promise<number> {
  return runDev(devOptions(entry, args, options));
}

function devOptions(entry: string, args: readonly string[], options: DevOptions): RunDevOptions {
  const { service, listen, control, state } = options;
  const config = options.config ?? (process.env["SKEIN_CONFIG"] || undefined);
  return {
    entry,
    args: [...args],
    instances: wholeNumber(options.instances, "--instances", 1_000),
    watch: options.watch,
    ...(service === undefined ? {} : { service }),
    ...(listen === undefined ? {} : { listen }),
    ...(control === undefined ? {} : { control }),
    ...(state === undefined ? {} : { state }),
    ...(config === undefined ? {} : { config }),
  };
}
