import { systemClock } from "../runtime/clock.ts";

/** What a program has listened with since it began. */
export interface Listened {
  port: number | undefined;
  /** A `node:http` server: one that speaks TLS or HTTP/2 itself is none. */
  http: boolean;
}

/** As for a server that was given to `join`: then it is no slow start any more. */
const silentMs = 5_000;

/** Calls `tell` in a while; it keeps no process alive. */
export function afterSilence(tell: () => void): void {
  systemClock.after(silentMs, tell);
}

/**
 * `node --import skein/auto`, and not by NODE_OPTIONS: those every helper of the program has, and npm itself, which are never
 * meant to listen.
 */
export function isAskedForByFlag(flags: readonly string[]): boolean {
  return flags.some((flag) => /\bskein\/auto$|\bworker\/auto\.[jt]s$/.test(flag));
}

/** Why this process is no worker yet, and what to do about it. */
export function whyNoWorker(listened: readonly Listened[], wantedPort: number | undefined): string {
  const passed = `${silentMs / 1_000} s after its start`;
  const until = "it gets no requests before one does";
  const ports = listened.flatMap(({ port, http }) => (http && port !== undefined ? [port] : []));
  if (wantedPort !== undefined && ports.length > 0) {
    return `no HTTP server of this process listens at SKEIN_PORT (${wantedPort}) ${passed}, but at ${ports.join(" and ")}: ${until}`;
  }
  const where = wantedPort === undefined ? "" : ` at SKEIN_PORT (${wantedPort})`;
  const advice =
    listened.length > 0
      ? "What listens is no server of node:http, and skein/auto takes no other: call join with it, or use skein run"
      : "Does it start its server in another process? SKEIN_AUTO=off is for one that serves nothing";
  return `no HTTP server of this process listens${where} ${passed}: ${until}. ${advice}`;
}
