import { readFileSync } from "node:fs";
import { placesIn } from "../runtime/places.ts";
import { parseControllerUrl } from "./controller-url.ts";

const door = "http://127.0.0.1:7600";

/**
 * Where a controller may be found, read anew at each call, for the gateway may start after us: what the user wrote; else the
 * gateway that the state directory names; else the usual door. Never the door beside a name: it may be another gateway's.
 * A gateway that stops takes its file along, and comes back; so a name counts until there is another one.
 */
export function controllerSeeds(written: readonly string[], state: string): () => string[] {
  let named: string | undefined;
  return () => {
    if (written.length > 0) return [...written];
    named = gatewayOfHost(state) ?? named;
    return [named ?? door];
  };
}

function gatewayOfHost(state: string): string | undefined {
  try {
    const file = JSON.parse(readFileSync(placesIn(state).gatewayFile, "utf8")) as {
      control?: unknown;
      controlUrl?: unknown;
    } | null;
    return parseControllerUrl(file?.controlUrl ?? file?.control);
  } catch {
    // No such file, or half written: looked at again at the next attempt.
    return undefined;
  }
}
