import { readFileSync } from "node:fs";

const established = "01";

/**
 * Established connections to one of these ports, from the text of `/proc/net/tcp`. Each connection on one host is in
 * it twice; counted is the end that was connected to.
 */
export function connectionsTo(ports: readonly number[], table: string): number {
  const wanted = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, "0")));
  return table.split("\n").filter((line) => {
    const [, local = "", , state = ""] = line.trim().split(/\s+/);
    return state === established && wanted.has(local.slice(local.indexOf(":") + 1));
  }).length;
}

/** What carries requests to the workers just now: asked of the kernel, not of the peer. */
export function transportTo(workerPorts: readonly number[]): string {
  const count = connectionsTo(workerPorts, readFileSync("/proc/net/tcp", "latin1"));
  return count === 0 ? "none to the workers' HTTP ports: the link" : `HTTP/1.1 on ${count} connections`;
}
