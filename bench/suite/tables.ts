import type { Column } from "../../src/demo/text-table.ts";
import { type Figure, figureOf, figures, type Place, ratioOf } from "./figures-of.ts";
import { type PeerName, peerNames } from "./peer-names.ts";
import type { CaseFacts, Results } from "./results.ts";
import type { Spread } from "./statistics.ts";

/** What was measured in one case, as words: for the terminal and for the README alike. */
export interface CaseTable {
  name: string;
  title: string;
  columns: Column[];
  rows: string[][];
}

/** What ratios are to. */
const reference: PeerName = "nginx";

interface Field {
  title: string;
  cell: (results: Results, name: string, peer: PeerName) => string;
}

const closed = (name: string, peer: PeerName): Place => ({ case: name, peer, loop: "closed" });
const open = (name: string, peer: PeerName): Place => ({ case: name, peer, loop: "open" });

function figure(title: string, place: typeof closed, of: Figure, write: (value: number) => string): Field {
  return {
    title,
    cell: (results, name, peer) => {
      const spread = figureOf(results, place(name, peer), of);
      return spread === undefined || !Number.isFinite(spread.median) ? "-" : write(spread.median);
    },
  };
}

/** Median, and between which all pairs lie. */
function ratio(title: string, place: typeof closed, of: Figure): Field[] {
  const spreadIn = (results: Results, name: string, peer: PeerName): Spread | undefined =>
    peer === reference || peer === "bare"
      ? undefined
      : ratioOf(results, place(name, peer), place(name, reference), of);
  return [
    { title, cell: (...at) => spreadIn(...at)?.median.toFixed(2) ?? "" },
    {
      title: "least-most",
      cell: (...at) => {
        const spread = spreadIn(...at);
        return spread === undefined ? "" : `${spread.least.toFixed(2)}-${spread.most.toFixed(2)}`;
      },
    },
  ];
}

const micros = (value: number): string => value.toFixed(value < 1000 ? 1 : 0);
const millis = (value: number): string => value.toFixed(2);
const percent = (value: number): string => `${Math.round(value * 100)}%`;
const whole = (value: number): string => Math.round(value).toLocaleString("en");
const megabytes = (value: number): string => (value / 1e6).toFixed(0);

const closedFields: Field[] = [
  ...ratio(`x ${reference}`, closed, figures.proxy),
  figure("us", closed, figures.proxy, micros),
  figure("user", closed, figures.proxyUser, micros),
  figure("system", closed, figures.proxySystem, micros),
  figure("worker", closed, figures.worker, micros),
  figure("both", closed, figures.together, micros),
  figure("req/s", closed, figures.perSecond, whole),
  figure("busy", closed, figures.busy, percent),
  figure("p50 ms", open, figures.p50, millis),
  figure("p99", open, figures.p99, millis),
  figure("p99.9", open, figures.p999, millis),
  figure("MB", closed, figures.rss, megabytes),
];

/** Of a case that is about latency and memory, at a fixed rate. */
const openFields: Field[] = [
  ...ratio(`p99 x ${reference}`, open, figures.p99),
  figure("p50 ms", open, figures.p50, millis),
  figure("p99", open, figures.p99, millis),
  figure("p99.9", open, figures.p999, millis),
  figure("late p99", open, figures.lateP99, millis),
  figure("us", open, figures.proxy, micros),
  figure("worker", open, figures.worker, micros),
  figure("MB", open, figures.rss, megabytes),
  figure("+MB", open, figures.rssOverBase, megabytes),
];

export function caseTables(results: Results): CaseTable[] {
  return results.cases.flatMap((one) => {
    const measured = results.measurements.filter((measurement) => measurement.case === one.name);
    if (measured.length === 0) return [];
    const fields = measured.some(({ loop }) => loop === "closed") ? closedFields : openFields;
    const peers = peerNames.filter((name) => measured.some(({ peer }) => peer === name));
    return [
      {
        name: one.name,
        title: titleOf(one, measured[0]?.connections ?? 0),
        columns: [
          { title: "", align: "left" as const },
          ...fields.map(({ title }) => ({ title, align: "right" as const })),
        ],
        rows: peers.map((peer) => [peer, ...fields.map(({ cell }) => cell(results, one.name, peer))]),
      },
    ];
  });
}

/** With what was opened in fact, where that is less than the case is named for. */
function titleOf({ name, title, perSecond }: CaseFacts, connections: number): string {
  const wanted = Number(/^connections-(\d+)$/.exec(name)?.[1] ?? connections);
  const fewer =
    connections < wanted ? `, of which this machine allows ${connections.toLocaleString("en")}` : "";
  const rate =
    perSecond === undefined || title.includes("requests/s")
      ? ""
      : `; latency at ${perSecond.toLocaleString("en")}/s`;
  return `${title}${fewer}${rate}`;
}
