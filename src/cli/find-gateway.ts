import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { GatewayFile } from "../protocol/supervision.ts";
import { placesIn } from "../runtime/places.ts";

/** `--state`, else `SKEIN_STATE`, else `./.skein`; absolute. */
export function stateDirectory(option: string | undefined): string {
  return resolve(option ?? (process.env["SKEIN_STATE"] || "./.skein"));
}

/** False: the state directory is only the usual one. */
export function isNamed(option: string | undefined): boolean {
  return option !== undefined || (process.env["SKEIN_STATE"] ?? "") !== "";
}

/** What runs with this state directory; undefined when nothing does. */
export function readGatewayFile(state: string): GatewayFile | undefined {
  try {
    return JSON.parse(readFileSync(placesIn(state).gatewayFile, "utf8")) as GatewayFile;
  } catch {
    return undefined;
  }
}
