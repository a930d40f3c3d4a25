import { isLoopbackHost, parseAddress } from "../core/registry/address.ts";
import { SkeinError } from "../protocol/error.ts";

/**
 * `127.0.0.1:7600`, `:7600` -> `http://127.0.0.1:7600`; `host:7600`, `host` -> `https://host:7600`, `https://host`: nothing is said
 * in plain text but to what is an address of this host beyond doubt, and where `http://` is written. Throws on anything else.
 */
export function controllerUrl(text: string): string {
  const parsed = parseControllerUrl(text);
  if (parsed !== undefined) return parsed;
  throw new SkeinError(
    "invalid",
    `control: ${JSON.stringify(text)} is not the address of a controller; write it as 127.0.0.1:7600 or http://host:7600`,
  );
}

/** The same for what comes over the wire or from a file: undefined instead of an error. */
export function parseControllerUrl(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > 300) return undefined;
  const trimmed = text.trim();
  const withHost = trimmed.startsWith(":") ? `127.0.0.1${trimmed}` : trimmed;
  let url: URL;
  try {
    url = new URL(withHost.includes("://") ? withHost : `${schemeFor(withHost)}://${withHost}`);
  } catch {
    return undefined;
  }
  const schemeKnown = url.protocol === "http:" || url.protocol === "https:";
  const bare = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (!schemeKnown || !bare || url.hostname === "" || url.pathname !== "/") return undefined;
  return url.origin;
}

function schemeFor(address: string): "http" | "https" {
  const host = parseAddress(address.replace(/\/$/, ""))?.host;
  const here = host !== undefined && (isLoopbackHost(host) || host === "0.0.0.0" || host === "::");
  return here ? "http" : "https";
}

/** Where a session with that controller is opened. */
export function sessionUrl(controller: string): string {
  return `${controller.replace(/^http/, "ws")}/v1/session`;
}
