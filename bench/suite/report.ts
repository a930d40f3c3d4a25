import { textTable } from "../../src/demo/text-table.ts";
import { figureOf, figures } from "./figures-of.ts";
import { peerNames } from "./peer-names.ts";
import type { LeftOut, Results } from "./results.ts";
import { spreadOf } from "./statistics.ts";
import { caseTables } from "./tables.ts";
import { judge, type Target, targets, type Verdict } from "./targets.ts";

/** Share of the proxy's core from which on absolute figures mean little. */
const disturbedAbove = 0.03;
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

const legend = [
  "x nginx   CPU time of the proxy for one request, times nginx's: median of pairs measured one",
  "          directly after the other, and between which they all lie",
  "us        CPU microseconds of the proxy for one request, all threads: user and system",
  "worker    of the worker process for one request; both: the sum of the two",
  "busy      share of its core that the proxy used; below 100 % load and workers were the limit",
  "p50 ...   milliseconds from when a request was due, at the fixed rate; late: the generator's own share",
  "MB        resident memory of the proxy; +MB: over what it was before the connections were opened",
];

/** Everything that a run has to say. */
export function reportLines(results: Results): string[] {
  return [
    "",
    ...machineLines(results),
    ...caseTables(results).flatMap(({ name, title, columns, rows }) => [
      "",
      `${name}: ${title}`,
      ...textTable(columns, rows).map((line) => `  ${line}`),
    ]),
    "",
    ...legend,
    "",
    ...besideLines(results),
    "",
    ...missingLines(results),
    "",
    ...targetLines(results),
  ];
}

export function machineLines({ machine, minutes, rounds, seconds, commit, peers }: Results): string[] {
  const { cpu, cores, kernel, node, openFilesMax, loadBefore, loadAfter } = machine;
  return [
    `${cores} cores of ${cpu}, Linux ${kernel}, node ${node}, at most ${openFilesMax.toLocaleString("en")} open files`,
    `commit ${commit}; ${rounds} rounds of ${seconds} s; ${minutes.toFixed(0)} minutes; ` +
      `load average ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} at the end (the run makes about 2)`,
    ...peerNames.flatMap((name) => {
      const facts = peers[name];
      if (facts === undefined) return [];
      return [
        `${name.padEnd(10)} ${facts.version}${facts.transport === undefined ? "" : `; to its workers: ${facts.transport}`}`,
      ];
    }),
  ];
}

/** What a gateway's other processes take, which no figure of a request shows; and whether the machine was quiet. */
export function besideLines(results: Results): string[] {
  const elsewhere = spreadOf(results.measurements.map((one) => figures.elsewhere(one)));
  const quiet =
    elsewhere === undefined
      ? []
      : [
          `others used ${percent(elsewhere.median)} of the proxy's core (at most ${percent(elsewhere.most)} in one ` +
            `measurement)${elsewhere.median > disturbedAbove ? ": this machine is NOT quiet" : ""}`,
        ];
  const lines = (["skein", "skein-link"] as const).flatMap((peer) => {
    const spread = figureOf(results, { case: "get", peer, loop: "closed" }, figures.others);
    if (spread === undefined) return [];
    const { median, most } = spread;
    return [
      `${peer}: supervisor and controllers took ${median.toFixed(0)} ms of CPU time a second (at most ${most.toFixed(0)})`,
    ];
  });
  return [...lines, ...quiet];
}

export function missingLines({ leftOut, failures }: Results): string[] {
  const place = ({ case: name, peer }: Pick<LeftOut, "case" | "peer">): string =>
    [name, peer].filter((word) => word !== undefined).join(", ");
  return [
    ...leftOut.map((one) => `left out: ${place(one)}: ${one.reason}`),
    ...failures.map((one) => `FAILED: ${place(one)}, round ${one.round}: ${one.detail}`),
  ];
}

export function targetLines(results: Results): string[] {
  return [
    "targets",
    ...textTable(
      [
        { title: "", align: "left" },
        { title: "bound", align: "right" },
        { title: "reached", align: "right" },
        { title: "", align: "left" },
      ],
      targets.map((target) => targetCells(target, judge(target, results))),
    ).map((line) => `  ${line}`),
  ];
}

export function targetCells(target: Target, verdict: Verdict): string[] {
  const { name, sense, bound, unit } = target;
  const digits = unit === "x" ? 2 : 0;
  const wanted = `${sense} ${bound.toFixed(digits)} ${unit}`;
  switch (verdict.kind) {
    case "held":
    case "missed": {
      const { median, least, most, count } = verdict.reached;
      const range = `${least.toFixed(digits)} to ${most.toFixed(digits)}, ${count === 1 ? "one round" : `${count} rounds`}`;
      return [
        name,
        wanted,
        median.toFixed(digits),
        `${verdict.kind === "held" ? "held" : "NOT held"} (${range})`,
      ];
    }
    case "failed":
      return [name, wanted, "-", `NOT held: ${verdict.detail}`];
    case "left-out":
      return [name, wanted, "-", `left out: ${verdict.reason}`];
  }
}
