import type { GatewayConfiguration } from "../protocol/configuration.ts";
import { type Door, doorAddress } from "./doors.ts";

type Address = Pick<Door, "host" | "port">;

/** Where clients reach the gateway. */
export function clientAddresses(
  listeners: readonly (Address & Pick<Door, "name">)[],
  { traffic }: Pick<GatewayConfiguration, "traffic">,
): { listen: string[]; urls: string[] } {
  const { receptions = {} } = traffic.proxy;
  const scheme = (name: string): string => (receptions[name]?.kind === "https" ? "https" : "http");
  return {
    listen: listeners.map(doorAddress),
    urls: listeners.map((door) => `${scheme(door.name)}://${doorAddress(door)}`),
  };
}

/** Where whoever is on this host reaches a controller. `secure`: the control API is served with a certificate. */
export function controlUrl(
  control: Address,
  { join }: Pick<GatewayConfiguration, "join">,
  secure: boolean,
): string {
  const [followed] = join ?? [];
  if (followed !== undefined) return followed;
  // What listens everywhere is reached here, under a name of the certificate.
  const address = doorAddress(control)
    .replace(/^0\.0\.0\.0:/, "127.0.0.1:")
    .replace(/^\[::\]:/, "[::1]:");
  return `${secure ? "https" : "http"}://${address}`;
}
