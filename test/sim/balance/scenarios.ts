import type { Behaviour } from "./behaviour.ts";

export interface Scenario {
  name: string;
  /** For a reader of the tables. */
  what: string;
  workers: readonly { count: number; behaviour: Behaviour }[];
  gateways: number;
  /** Requests that a worker serves at once. */
  slots: number;
  /** Mean time that one takes at full speed. */
  serviceMs: number;
  /** The times: exponential, or log-normal with this deviation of the logarithm. */
  spread: "exponential" | { sigma: number };
  /** Arrivals in proportion to what all workers can do in the long run. */
  utilization: number;
  /** Requests that arrive in the first `warmUpMs` are served, and not counted. */
  warmUpMs: number;
  measuredMs: number;
  slowStartMs: number;
  /** Workers tell their load with each answer, as over a link; plain HTTP workers tell nothing. */
  reports: boolean;
}

const steady: Behaviour = { kind: "steady", speed: 1 };
const stalls: Behaviour = { kind: "stalls", forMs: 400, everyMs: 1_000 };
const slow: Behaviour = { kind: "steady", speed: 0.1 };

const usual: Omit<Scenario, "name" | "what" | "workers"> = {
  gateways: 1,
  slots: 4,
  serviceMs: 20,
  spread: { sigma: 0.5 },
  utilization: 0.7,
  warmUpMs: 3_000,
  measuredMs: 30_000,
  slowStartMs: 10_000,
  reports: true,
};

const five = (...odd: readonly Behaviour[]): Scenario["workers"] => [
  { count: 5 - odd.length, behaviour: steady },
  ...odd.map((behaviour) => ({ count: 1, behaviour })),
];

/** The laboratory's populations. */
export const scenarios: readonly Scenario[] = [
  { ...usual, name: "equal", what: "five equal workers", workers: five() },
  { ...usual, name: "slow", what: "five workers, one ten times as slow", workers: five(slow) },
  {
    ...usual,
    name: "stalling",
    what: "five workers, one stands still 400 ms of each second",
    workers: five(stalls),
  },
  {
    ...usual,
    name: "slow-and-stalling",
    what: "five workers, one ten times as slow, one that stands still 400 ms of each second",
    workers: five(slow, stalls),
  },
  {
    ...usual,
    name: "slow-and-stalling-plain",
    what: "the same, and the workers tell nothing of themselves: plain HTTP",
    workers: five(slow, stalls),
    reports: false,
  },
  {
    ...usual,
    name: "collecting",
    what: "five workers, each stands still for 20 to 120 ms every two seconds, as for a garbage collection",
    workers: [{ count: 5, behaviour: { kind: "collects", everyMs: 2_000, leastMs: 20, mostMs: 120 } }],
  },
  {
    ...usual,
    name: "cold",
    what: "four workers; a fifth joins after five seconds, eight times as slow until it has served some 300 requests",
    workers: five({ kind: "cold", joinsAtMs: 5_000, slower: 8, requests: 300 }),
    utilization: 0.6,
  },
  {
    ...usual,
    name: "heterogeneous",
    what: "six workers: two of half the speed, two of full, two of double",
    workers: [0.5, 1, 2].map((speed) => ({ count: 2, behaviour: { kind: "steady", speed } })),
  },
  {
    ...usual,
    name: "neighbours",
    what: "ten workers; each falls to a third of its speed for half a second, every two and a half",
    workers: [{ count: 10, behaviour: { kind: "crowded", speed: 1 / 3, quietMs: 2_000, busyMs: 500 } }],
  },
  {
    ...usual,
    name: "three",
    what: "three workers that serve one request at a time",
    workers: [{ count: 3, behaviour: steady }],
    slots: 1,
    serviceMs: 5,
    spread: "exponential",
  },
  {
    ...usual,
    name: "hundred-10-gateways",
    what: "100 workers behind 10 gateways; ten are slow, ten stand still",
    workers: [
      { count: 80, behaviour: steady },
      { count: 10, behaviour: slow },
      { count: 10, behaviour: stalls },
    ],
    gateways: 10,
    slots: 2,
    measuredMs: 8_000,
  },
  {
    ...usual,
    name: "thousand-50-gateways",
    what: "1,000 workers behind 50 gateways; a tenth is slow, a tenth stands still",
    workers: [
      { count: 800, behaviour: steady },
      { count: 100, behaviour: slow },
      { count: 100, behaviour: stalls },
    ],
    gateways: 50,
    slots: 1,
    warmUpMs: 3_000,
    measuredMs: 4_000,
  },
  {
    ...usual,
    name: "five-50-gateways",
    what: "five equal workers behind 50 gateways, each of which sees a fiftieth of the requests",
    workers: five(),
    gateways: 50,
  },
];
