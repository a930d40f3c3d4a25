import { type Figure, figureOf, figures, type Place, ratioOf } from "./figures-of.ts";
import type { PeerName } from "./peer-names.ts";
import type { Results } from "./results.ts";
import type { Spread } from "./statistics.ts";

/**
 *   measured --within the bound--> held
 *   measured --beyond it---------> missed
 *   not measured, by a choice or for want of something --> left out
 *   not measured, as every run failed -------------------> missed
 */
export type Verdict =
  | { kind: "held" | "missed"; reached: Spread }
  | { kind: "failed"; detail: string }
  | { kind: "left-out"; reason: string };

export interface Target {
  name: string;
  bound: number;
  sense: "at most" | "at least";
  /** For people: what the number is a number of. */
  unit: "x" | "MB";
  measure: (results: Results) => Spread | undefined;
  /** Everything that must have been measured. */
  needs: readonly Place[];
}

const closed = (name: string, peer: PeerName): Place => ({ case: name, peer, loop: "closed" });
const open = (name: string, peer: PeerName): Place => ({ case: name, peer, loop: "open" });

function ratio(
  name: string,
  ours: Place,
  theirs: Place,
  figure: Figure,
  bound: number,
  sense: Target["sense"] = "at most",
): Target {
  return {
    name,
    bound,
    sense,
    unit: "x",
    measure: (results) => ratioOf(results, ours, theirs, figure),
    needs: [ours, theirs],
  };
}

function cpuBeside(what: string, name: string, rival: PeerName, bound: number): Target {
  return ratio(
    `${what}: CPU of skein : ${rival}`,
    closed(name, "skein"),
    closed(name, rival),
    figures.proxy,
    bound,
  );
}

const megabyte = 1e6;

const tenThousandIdle: Target = {
  name: "10,000 connections: memory of skein over its base",
  bound: 60,
  sense: "at most",
  unit: "MB",
  measure: (results) =>
    figureOf(results, open("connections-10000", "skein"), (one) => figures.rssOverBase(one) / megabyte),
  needs: [open("connections-10000", "skein")],
};

/** What the gateway promises of its speed. */
export const targets: readonly Target[] = [
  cpuBeside("small GET", "get", "nginx", 1),
  cpuBeside("small GET", "get", "haproxy", 1),
  cpuBeside("small GET", "get", "caddy", 0.25),
  cpuBeside("small GET", "get", "go", 0.25),
  cpuBeside("small GET, workers next to nothing", "get-static", "nginx", 1),
  cpuBeside("small GET, workers next to nothing", "get-static", "haproxy", 1),
  cpuBeside("1 MiB answers", "answer-1m", "haproxy", 1.2),
  cpuBeside("1 MiB answers", "answer-1m", "nginx", 1),
  cpuBeside("new connections", "new-connection", "nginx", 1.5),
  cpuBeside("small GET over TLS", "tls", "nginx", 1.3),
  ratio(
    "5,000 requests/s: p99 of skein : nginx",
    open("connections-64", "skein"),
    open("connections-64", "nginx"),
    figures.p99,
    1,
  ),
  tenThousandIdle,
  ratio(
    "requests/s of two proxies : one",
    closed("proxies-2", "skein"),
    closed("proxies-1", "skein"),
    figures.perSecond,
    1.8,
    "at least",
  ),
  ratio(
    "link: CPU of skein-link : nginx",
    closed("get", "skein-link"),
    closed("get", "nginx"),
    figures.proxy,
    0.8,
  ),
  ratio(
    "link: requests/s per core of skein-link : nginx",
    closed("get", "skein-link"),
    closed("get", "nginx"),
    figures.perSecondOfCore,
    1.2,
    "at least",
  ),
  ratio(
    "link: proxy and worker, skein-link : nginx",
    closed("get", "skein-link"),
    closed("get", "nginx"),
    figures.together,
    0.6,
  ),
  ratio(
    "link: proxy and worker, skein-link : bare worker",
    closed("get", "skein-link"),
    closed("get", "bare"),
    figures.together,
    1.5,
  ),
  ratio(
    "routes 10 -> 10,000: CPU of skein",
    closed("routes-10000", "skein"),
    closed("routes-10", "skein"),
    figures.proxy,
    1.1,
  ),
  ratio(
    "workers 3 -> 10,000: CPU of skein",
    closed("workers-10000", "skein"),
    closed("workers-3", "skein"),
    figures.proxy,
    1.1,
  ),
];

export function judge(target: Target, results: Results): Verdict {
  const reached = target.measure(results);
  if (reached === undefined) return whyNot(target, results);
  const within = target.sense === "at most" ? reached.median <= target.bound : reached.median >= target.bound;
  return { kind: within ? "held" : "missed", reached };
}

/** A run that failed is not left out: it was to be measured, and could not be. */
function whyNot(target: Target, results: Results): Verdict {
  for (const place of target.needs) {
    const failure = results.failures.find((one) => one.case === place.case && one.peer === place.peer);
    if (failure !== undefined) return { kind: "failed", detail: `${place.peer}: ${failure.detail}` };
  }
  for (const place of target.needs) {
    const found = results.leftOut.find(
      (one) =>
        (one.case === undefined || one.case === place.case) &&
        (one.peer === undefined || one.peer === place.peer),
    );
    if (found !== undefined) return { kind: "left-out", reason: found.reason };
  }
  return { kind: "left-out", reason: "not asked for in this run" };
}
