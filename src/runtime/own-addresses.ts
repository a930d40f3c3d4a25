import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/**
 * The addresses of this host. None where the process may not ask: that takes a netlink socket, which whoever starts it may
 * forbid (systemd's RestrictAddressFamilies=).
 */
export function ownAddresses(ask = networkInterfaces): NetworkInterfaceInfo[] {
  try {
    return Object.values(ask()).flatMap((list) => list ?? []);
  } catch {
    return [];
  }
}
