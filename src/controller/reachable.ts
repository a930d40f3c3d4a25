import { formatAddress, parseAddress } from "../core/registry/address.ts";
import { ownAddresses } from "../runtime/own-addresses.ts";

/**
 * Where others reach what listens at `address`: a wildcard is no address to connect to, so the host's first own
 * address of the network stands for it (loopback where there is none).
 */
export function reachable(address: string, addresses = ownAddresses): string {
  const parsed = parseAddress(address);
  if (parsed === undefined || (parsed.host !== "0.0.0.0" && parsed.host !== "::")) return address;
  const outward = addresses().find((one) => !one.internal && one.family === "IPv4");
  return formatAddress({ host: outward?.address ?? "127.0.0.1", port: parsed.port });
}
