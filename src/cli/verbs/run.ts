import { runSidecar } from "../../supervisor/local/run.ts";
import type { RunSidecarOptions } from "../../supervisor/local/options.ts";
import { exitCode, Failure } from "../failure.ts";
import { weightOf } from "../weight.ts";
import { wholeNumber } from "../whole-number.ts";

export interface RunOptions {
  service: string;
  port?: string;
  check?: string;
  control?: string[];
  state?: string;
  id?: string;
  weight?: string;
  label?: string;
  zone?: string;
  tag?: string[];
  drain?: string;
  grace?: string;
}

/** `skein run --service orders -- ./any-program arg`: starts and watches a program that knows nothing of skein. */
export function run(command: readonly string[], options: RunOptions): Promise<number> {
  return runSidecar(sidecarOptions(command, options));
}

export function sidecarOptions(command: readonly string[], options: RunOptions): RunSidecarOptions {
  const { port, check, control, state, id, weight, label, zone, tag, drain, grace } = options;
  return {
    service: options.service,
    command: [...command],
    ...(port === undefined ? {} : { port: wholeNumber(port, "--port", 65_535) }),
    ...(check === undefined ? {} : { check }),
    ...(control === undefined ? {} : { control }),
    ...(state === undefined ? {} : { state }),
    ...(id === undefined ? {} : { id }),
    ...(weight === undefined ? {} : { weight: share(weight) }),
    ...(label === undefined ? {} : { version: label }),
    ...(zone === undefined ? {} : { zone }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(drain === undefined ? {} : { drainMs: wholeNumber(drain, "--drain", 3_600_000) }),
    ...(grace === undefined ? {} : { graceMs: wholeNumber(grace, "--grace", 3_600_000) }),
  };
}

function share(text: string): number {
  const weight = weightOf(text);
  if (weight !== undefined) return weight;
  throw new Failure(`--weight: "${text}" is no weight; write a number from 0 to 1000`, exitCode.usage);
}
