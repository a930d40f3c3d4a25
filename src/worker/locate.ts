import { readFileSync } from "node:fs";
import { placesIn } from "../runtime/places.ts";
import { parseControllerUrl } from "./controller-url.ts";

const door = "http://127.0.0.1:7600";

/**
 * Where a controller may be found: what the user wrote; else the gateway that the state directory names, then the
 * usual door. Reads the file each time: the gateway may have been started after us, on another port.
 */
export function controllerSeeds(written: readonly string[], state: string): string[] {
  if (written.length > 0) return [...written];
  const named = gatewayOfHost(state);
  return named === undefined || named === door ? [door] : [named, door];
}

function gatewayOfHost(state: string): string | undefined {
  try {
    const file = JSON.parse(readFileSync(placesIn(state).gatewayFile, "utf8")) as {
      control?: unknown;
      controlUrl?: unknown;
    } | null;
    return parseControllerUrl(file?.controlUrl ?? file?.control);
  } catch {
    // No such file, or half written: the door, and again at the next attempt.
    return undefined;
  }
}
