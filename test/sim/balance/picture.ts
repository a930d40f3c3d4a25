import { type Laboratory, type Row, rowsOf } from "./report.ts";

const width = 760;
const left = 128;
const right = 150;
const rowHeight = 22;
const barHeight = 14;
const panelTop = 44;
const panelGap = 16;
/** Bars longer than so many times the shortest are cut, and say so: else nobody could tell the near ones apart. */
const timesShortestMax = 10;

/** A panel for each scenario: bars of the p99, lines on to the p99.9. In the colours of whoever looks at it. */
export function picture(laboratory: Laboratory, names: readonly string[]): string {
  const rows = rowsOf(laboratory.outcomes);
  let top = 0;
  const panels = names.flatMap((name) => {
    const scenario = laboratory.scenarios.find((each) => each.name === name);
    const mine = rows
      .filter((row) => row.scenario === name)
      .toSorted((one, other) => one.p99Ms - other.p99Ms);
    if (scenario === undefined || mine.length === 0) return [];
    const panel = `<g transform="translate(0 ${top})">\n${draw(scenario.what, mine)}\n</g>`;
    top += panelTop + mine.length * rowHeight + panelGap;
    return [panel];
  });
  const height = top + 18;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>The p99 of each policy before each population of workers</title>
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.note { font-size: 11px; fill: #59636e; }
.ours { fill: #2f7d5b; }
.other { fill: #a9b4c0; }
.tail { stroke: #1f2328; stroke-width: 1.5; opacity: 0.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #9198a1; }
  .ours { fill: #4bb487; }
  .other { fill: #545d68; }
  .tail { stroke: #e6edf3; }
}
</style>
${panels.join("\n")}
<text class="note" x="0" y="${height - 5}">bars: p99, lines on: p99.9, milliseconds, medians of ${laboratory.seeds.length} seeds; shorter is better; » longer than drawn</text>
</svg>
`;
}

function draw(title: string, rows: readonly Row[]): string {
  const shortest = Math.min(...rows.map(({ p99Ms }) => p99Ms));
  const longest = Math.min(Math.max(...rows.map(({ p999Ms }) => p999Ms)), shortest * timesShortestMax);
  const x = (ms: number): number => left + Math.min(1, ms / longest) * (width - left - right);
  const bars = rows.map((row, index) => bar(row, panelTop + index * rowHeight, longest, x));
  return `<text class="title" x="0" y="24">${escaped(title)}</text>\n${bars.join("\n")}`;
}

function bar(row: Row, y: number, longest: number, x: (ms: number) => number): string {
  const { policy, p99Ms, p999Ms, failed, requests } = row;
  const isDefault = policy === "least-wait";
  const middle = y + barHeight / 2;
  const lost = failed === 0 ? "" : `, ${((100 * failed) / requests).toFixed(1)} % failed`;
  const label = `${p99Ms > longest ? "» " : ""}${shortText(p99Ms)} (${shortText(p999Ms)})${lost}`;
  return [
    `<text x="${left - 8}" y="${y + 12}" text-anchor="end"${isDefault ? ' class="title"' : ""}>${policy}</text>`,
    `<rect class="${isDefault ? "ours" : "other"}" x="${left}" y="${y}" width="${Math.max(1, x(p99Ms) - left).toFixed(1)}" height="${barHeight}" rx="2"/>`,
    `<line class="tail" x1="${x(p99Ms).toFixed(1)}" x2="${x(p999Ms).toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(x(p999Ms) + 8).toFixed(1)}" y="${y + 12}">${label}</text>`,
  ].join("\n");
}

function shortText(ms: number): string {
  return ms < 1_000 ? ms.toFixed(0) : `${(ms / 1_000).toFixed(1)} s`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
