/** What a peer is configured for. Cases of the same setup are measured on the same processes. */
export interface Setup {
  name: string;
  /** Addresses behind the proxy, all of one service. */
  workers: number;
  /** `node`: a Node service. `static`: an nginx that answers from its configuration, as cheaply as it gets. */
  service: "node" | "static";
  /** 1: everything goes to the service. More: `/r0/*`, `/r1/*` and so on do, and nothing else does. */
  routes: number;
  /** Are the workers checked (by peers that can)? */
  checks: boolean;
  tls: boolean;
  /** Proxy processes (threads, where a peer has threads), and as many worker processes. */
  proxies: number;
}

export const base: Setup = {
  name: "base",
  workers: 3,
  service: "node",
  routes: 1,
  checks: true,
  tls: false,
  proxies: 1,
};

/**
 * Address of one of many workers, all on the loopback network: 127.1.0.1, 127.1.0.2 and so on. One process that
 * listens on every address answers for them all.
 */
export function workerHost(index: number): string {
  const number = index + 1;
  return `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** Paths that a load on so many routes asks for: spread over all of them, at most 256 in turn. */
export function routePaths(routes: number): string[] {
  if (routes === 1) return ["/"];
  const count = Math.min(routes, 256);
  return Array.from(
    { length: count },
    // A large step, so that neighbours in time are no neighbours in a table.
    (_, index) => `/r${Math.floor(((index * 97) % count) * (routes / count))}/orders/4711`,
  );
}
