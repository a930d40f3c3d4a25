import { type Figure, figureOf, figures, type Place } from "./figures-of.ts";
import { type PeerName, peerNames } from "./peer-names.ts";
import type { Results } from "./results.ts";
import type { Spread } from "./statistics.ts";

interface Panel {
  title: string;
  unit: string;
  place: (peer: PeerName) => Place;
  figure: Figure;
  digits: number;
}

/** Bars longer than so many times the shortest are cut, and say so: else nobody could tell the near peers apart. */
const timesShortestMax = 8;

const panels: readonly Panel[] = [
  {
    title: "CPU of the proxy for a small GET, 64 connections",
    unit: "µs",
    place: (peer) => ({ case: "get", peer, loop: "closed" }),
    figure: figures.proxy,
    digits: 1,
  },
  {
    title: "CPU of the proxy and its worker together for the same",
    unit: "µs",
    place: (peer) => ({ case: "get", peer, loop: "closed" }),
    figure: figures.together,
    digits: 1,
  },
  {
    title: "p99 at 5,000 requests/s, from when a request was due",
    unit: "ms",
    place: (peer) => ({ case: "connections-64", peer, loop: "open" }),
    figure: figures.p99,
    digits: 2,
  },
];

const width = 720;
const left = 110;
const right = 90;
const barHeight = 16;
const rowHeight = 23;
const panelTop = 40;
const panelGap = 18;

/** A picture of a run: bars of medians, with a line from least to most. In the colours of whoever looks at it. */
export function picture(results: Results): string {
  const drawn = panels.map((panel) => draw(panel, results)).filter((one) => one.height > 0);
  let top = 0;
  const parts = drawn.map(({ height, body }) => {
    const part = `<g transform="translate(0 ${top})">\n${body}\n</g>`;
    top += height + panelGap;
    return part;
  });
  const { machine, commit } = results;
  const note = `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, commit ${commit}, ${results.startedAt.slice(0, 10)}; shorter is better; » longer than drawn`;
  const height = top + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>What a request costs: skein beside other proxies</title>
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.note { font-size: 11px; fill: #59636e; }
.ours { fill: #2f7d5b; }
.theirs { fill: #a9b4c0; }
.range { stroke: #1f2328; stroke-width: 1.5; opacity: 0.55; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #9198a1; }
  .ours { fill: #4bb487; }
  .theirs { fill: #545d68; }
  .range { stroke: #e6edf3; }
}
</style>
${parts.join("\n")}
<text class="note" x="0" y="${height - 6}">${escaped(note)}</text>
</svg>
`;
}

function draw(panel: Panel, results: Results): { height: number; body: string } {
  const rows = peerNames.flatMap((peer) => {
    const spread = figureOf(results, panel.place(peer), panel.figure);
    return spread === undefined ? [] : [{ peer, spread }];
  });
  if (rows.length === 0) return { height: 0, body: "" };
  const medians = rows.map(({ spread }) => spread.median);
  const longest = Math.min(Math.max(...medians), timesShortestMax * Math.min(...medians));
  const scale = (value: number): number => Math.min(1, value / longest) * (width - left - right);
  const bars = rows.map(({ peer, spread }, index) => {
    const { median } = spread;
    const label = `${median > longest ? "» " : ""}${median.toFixed(panel.digits)} ${panel.unit}`;
    return bar(peer, label, spread, panelTop + index * rowHeight, scale);
  });
  return {
    height: panelTop + rows.length * rowHeight,
    body: `<text class="title" x="0" y="22">${escaped(panel.title)}</text>\n${bars.join("\n")}`,
  };
}

function bar(
  peer: PeerName,
  label: string,
  { median, least, most }: Spread,
  y: number,
  scale: (value: number) => number,
): string {
  const ours = peer.startsWith("skein");
  const middle = y + barHeight / 2;
  const long = Math.max(1, scale(median));
  return [
    `<text x="${left - 10}" y="${y + 12}" text-anchor="end"${ours ? ' class="title"' : ""}>${peer}</text>`,
    `<rect class="${ours ? "ours" : "theirs"}" x="${left}" y="${y}" width="${long.toFixed(1)}" height="${barHeight}" rx="2"/>`,
    `<line class="range" x1="${at(least, scale)}" x2="${at(most, scale)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(left + Math.max(long, scale(most)) + 8).toFixed(1)}" y="${y + 12}">${label}</text>`,
  ].join("\n");
}

function at(value: number, scale: (value: number) => number): string {
  return (left + scale(value)).toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
