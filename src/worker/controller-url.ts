import { isLoopbackHost, parseAddress } from "../core/registry/address.ts";
import { SkeinError } from "../protocol/error.ts";

/**
 * `127.0.0.1:7600`, `:7600`, `127.0.0.1` -> `http://127.0.0.1:7600`; `host:7600`, `host` -> `https://host:7600`: nothing is said in
 * plain text but to what is an address of this host beyond doubt, and where `http://` is written. Throws on anything else.
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
  let url: URL;
  try {
    url = new URL(trimmed.includes("://") ? trimmed : withScheme(trimmed));
  } catch {
    return undefined;
  }
  const schemeKnown = url.protocol === "http:" || url.protocol === "https:";
  const bare = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (!schemeKnown || !bare || url.hostname === "" || url.pathname !== "/") return undefined;
  return url.origin;
}

/** Without a port it is the one that gateways listen at by default, and not that of websites. */
function withScheme(written: string): string {
  const bare = (written.startsWith(":") ? `127.0.0.1${written}` : written).replace(/\/$/, "");
  const isHost = parseAddress(bare) === undefined && parseAddress(`${bare}:${usualPort}`) !== undefined;
  const address = isHost ? `${bare}:${usualPort}` : bare;
  const host = parseAddress(address)?.host;
  const here = host !== undefined && (isLoopbackHost(host) || host === "0.0.0.0" || host === "::");
  return `${here ? "http" : "https"}://${address}`;
}

const usualPort = 7600;

/** Where a session with that controller is opened. */
export function sessionUrl(controller: string): string {
  return `${controller.replace(/^http/, "ws")}/v1/session`;
}
