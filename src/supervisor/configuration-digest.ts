import { createHash } from "node:crypto";
import type { GatewayConfiguration } from "../protocol/configuration.ts";

/** By which two configurations of the traffic are told apart. */
export function digestOf({ traffic }: Pick<GatewayConfiguration, "traffic">): string {
  return createHash("sha256").update(JSON.stringify(traffic)).digest("hex").slice(0, 16);
}
