import type { GatewayConfiguration } from "../protocol/configuration.ts";
import { type ControlDoor, type Door, doorAddress } from "./doors.ts";

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

/** Where whoever is on this host reaches a controller. */
export function controlUrl(
  control: Pick<ControlDoor, "host" | "port" | "secure">,
  { join }: Pick<GatewayConfiguration, "join">,
): string {
  const [followed] = join ?? [];
  if (followed !== undefined) return followed;
  // What listens everywhere is reached here, under a name of the certificate.
  const address = doorAddress(control)
    .replace(/^0\.0\.0\.0:/, "127.0.0.1:")
    .replace(/^\[::\]:/, "[::1]:");
  return `${control.secure ? "https" : "http"}://${address}`;
}
