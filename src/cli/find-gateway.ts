import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { GatewayFile } from "../protocol/supervision.ts";
import { placesIn } from "../runtime/places.ts";
import { foreignText } from "../supervisor/foreign-gateway.ts";
import { errorCode, SupervisorError } from "../supervisor/supervisor-error.ts";

/** `--state`, else `SKEIN_STATE`, else `./.skein`; absolute. */
export function stateDirectory(option: string | undefined): string {
  return resolve(option ?? (process.env["SKEIN_STATE"] || "./.skein"));
}

/** False: the state directory is only the usual one. */
export function isNamed(option: string | undefined): boolean {
  return option !== undefined || (process.env["SKEIN_STATE"] ?? "") !== "";
}

/** What runs with this state directory; undefined when nothing does. Throws where it is another user's: nobody knows then. */
export function readGatewayFile(state: string, verb?: string): GatewayFile | undefined {
  const places = placesIn(state);
  try {
    return JSON.parse(readFileSync(places.gatewayFile, "utf8")) as GatewayFile;
  } catch (error) {
    if (errorCode(error) === "EACCES") throw new SupervisorError("not-allowed", foreignText(places, verb));
    return undefined;
  }
}

/** The same, where it does not matter: undefined for what is another user's too. */
export function gatewayFileIfReadable(state: string): GatewayFile | undefined {
  try {
    return readGatewayFile(state);
  } catch {
    return undefined;
  }
}
