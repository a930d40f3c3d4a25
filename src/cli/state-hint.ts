import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gatewayFileIfReadable } from "./find-gateway.ts";

/**
 * For somebody who asks in the directory of a configuration that keeps its state elsewhere: where that is. A module is not
 * run for that; it is only told that it may say so.
 */
export function stateHint(directory: string): string {
  const json = join(directory, "skein.config.json");
  if (existsSync(json)) {
    const state = writtenState(json);
    if (state === undefined || gatewayFileIfReadable(resolve(directory, state)) === undefined) return "";
    return `\nThe one of skein.config.json here runs with --state ${state}.`;
  }
  const found = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((kind) => `skein.config.${kind}`);
  const module = found.find((name) => existsSync(join(directory, name)));
  return module === undefined ? "" : `\nWhere ${module} here sets \`state\`, that is the one.`;
}

function writtenState(file: string): string | undefined {
  try {
    const { state } = JSON.parse(readFileSync(file, "utf8")) as { state?: unknown };
    return typeof state === "string" ? state : undefined;
  } catch {
    return undefined;
  }
}
