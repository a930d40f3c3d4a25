import { readFileSync } from "node:fs";

/** One try of a proxy to send a request to a worker. `at`: monotonic milliseconds of the host. */
export interface Pick {
  worker: string;
  at: number;
}

/** What the proxies say that they picked, from their access log. Lines that are cut or no JSON are left out. */
export function picksIn(logText: string): Pick[] {
  return logText.split("\n").flatMap((line) => {
    if (!line.includes('"picks"')) return [];
    try {
      return (JSON.parse(line) as { picks: Pick[] }).picks;
    } catch {
      return [];
    }
  });
}

/** `fromByte`: what the log held before is left out. */
export function readPicks(accessLog: string, fromByte = 0): Pick[] {
  return picksIn(readFileSync(accessLog).toString("utf8", fromByte));
}
