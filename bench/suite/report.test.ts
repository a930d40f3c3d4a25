import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { lossLines } from "./losses.ts";
import { picture } from "./picture.ts";
import { withFigures } from "./readme-figures.ts";
import { reportLines } from "./report.ts";
import { readResults, type Results } from "./results.ts";
import { caseTables } from "./tables.ts";
import { emptyResults, measured } from "./testing-results.ts";

/** Three rounds of two cases: skein takes 1.5 times nginx's CPU, and answers as late. */
function aRun(): Results {
  const results = emptyResults();
  results.cases.push(
    { name: "get", title: "small GET" },
    {
      name: "connections-10000",
      title: "10,000 connections, 5,000 requests/s over all of them",
      perSecond: 5_000,
    },
    { name: "websocket", title: "WebSocket echo" },
  );
  const latency = { p50: 0.2, p99: 1.25, p999: 3, max: 4, lateP50: 0.01, lateP99: 0.1, lateMax: 0.5 };
  for (const round of [1, 2, 3]) {
    results.measurements.push(measured({ case: "get", peer: "skein", round }, 30 + round));
    results.measurements.push(measured({ case: "get", peer: "nginx", round }, (30 + round) / 1.5));
    results.measurements.push(measured({ case: "get", peer: "bare", round, rssBytes: 0 }, 0));
    const held = { case: "connections-10000", round, loop: "open", connections: 19_000, latency } as const;
    results.measurements.push(measured({ ...held, peer: "skein" }, 40));
    results.measurements.push(measured({ ...held, peer: "nginx" }, 40));
  }
  results.peers.nginx = { version: "nginx/1.22.1", adds: ["via"], transport: "HTTP/1.1 on 64 connections" };
  results.leftOut.push({ peer: "haproxy", reason: "not installed" });
  results.failures.push({ case: "websocket", peer: "skein", round: 2, detail: "answered 503" });
  return results;
}

test("a case is a table: ratios first, and nothing where nothing was measured", () => {
  const [get, held, ...more] = caseTables(aRun());
  assert.equal(more.length, 0);
  const [skein = [], nginx = [], bare = []] = get?.rows ?? [];
  assert.deepEqual(skein.slice(0, 8), ["skein", "1.50", "1.50-1.50", "32.0", "12.8", "19.2", "10.0", "42.0"]);
  assert.deepEqual(nginx.slice(0, 4), ["nginx", "", "", "21.3"]);
  assert.deepEqual(bare.slice(0, 8), ["bare", "", "", "-", "-", "-", "10.0", "10.0"]);
  assert.deepEqual(skein.slice(8), ["10,000", "32%", "-", "-", "-", "110"]);
  const titles = held?.columns.map(({ title }) => title) ?? [];
  const row = held?.rows[0] ?? [];
  assert.equal(row[titles.indexOf("p99 x nginx")], "1.00");
  assert.equal(row[titles.indexOf("p99")], "1.25");
  assert.equal(row[titles.indexOf("+MB")], "10");
});

test("fewer connections than a case is named for are said", () => {
  const results = aRun();
  for (const one of results.measurements) one.connections = 4_000;
  const table = caseTables(results).find(({ name }) => name === "connections-10000");
  assert.match(table?.title ?? "", /of which this machine allows 4,000/);
});

test("a report tells what was left out, what failed, and each target", () => {
  const text = reportLines(aRun()).join("\n");
  assert.match(text, /left out: haproxy: not installed/);
  assert.match(text, /FAILED: websocket, skein, round 2: answered 503/);
  assert.match(
    text,
    /small GET: CPU of skein : nginx +at most 1\.00 x +1\.50 NOT held \(1\.50 to 1\.50, 3 rounds\)/,
  );
  assert.match(text, /10,000 connections: memory .* at most 60 MB +10 held/);
  assert.match(text, /CPU of skein : haproxy .* left out: not installed/);
});

test("a machine that others use is said not to be quiet", () => {
  const results = aRun();
  assert.match(reportLines(results).join("\n"), /others used 0 % of the proxy's core \(at most 0 % .*\)$/m);
  for (const one of results.measurements) one.elsewhere = 40_000;
  assert.match(reportLines(results).join("\n"), /others used 4 % .*: this machine is NOT quiet/);
});

test("what is written is read back, and nothing else is", () => {
  const results = aRun();
  assert.deepEqual(readResults(JSON.stringify(results)), results);
  assert.throws(() => readResults(JSON.stringify({ ...results, v: 2 })), /no results/);
  assert.throws(() => readResults("[]"), /no results/);
});

test("figures stand between their lines in the README, and the rest stays", () => {
  const lines = (name: string, text: string): string =>
    `<!-- ${name}: begin (written by bench/figures.ts; not by hand) -->\n${text}\n<!-- ${name}: end -->\n`;
  const readme = `# Before\n${lines("losses", "old")}Between\n${lines("figures", "old")}After\n`;
  const written = withFigures(readme, aRun());
  assert.match(written, /^# Before\n<!-- losses: begin .*-->\n\n- small GET/);
  assert.match(written, /<!-- losses: end -->\nBetween\n<!-- figures: begin/);
  assert.ok(written.endsWith("<!-- figures: end -->\nAfter\n"));
  assert.doesNotMatch(written, /old/);
  assert.match(written, /^\| skein \| 1\.50 \| 1\.50-1\.50 \| 32\.0 \|/m);
  assert.match(written, /^\| --- \| ---: \|/m);
  assert.equal(withFigures(written, aRun()), written);
  assert.throws(() => withFigures("# nothing", aRun()), /has no lines/);
});

test("the README of the bench has the lines between which figures are written", () => {
  const readme = readFileSync("bench/README.md", "utf8");
  assert.match(withFigures(readme, aRun()), /^- small GET \(`get`\): skein: CPU per request 1\.50 x nginx$/m);
});

test("every case in which a rival does better is told, and no other", () => {
  const results = aRun();
  const [get, memory, ...more] = lossLines(results);
  assert.equal(get, "small GET (`get`): skein: CPU per request 1.50 x nginx");
  assert.equal(memory, "memory of the proxy with 64 connections (`get`): skein 110 MB, nginx 110 MB");
  assert.deepEqual(more, []);
});

test("the picture has a bar for each peer, as long as its median, and nothing that breaks a page", () => {
  const results = aRun();
  results.machine.cpu = "A & B <c>";
  const svg = picture(results);
  const bars = [...svg.matchAll(/<rect class="(ours|theirs)" x="\d+" y="\d+" width="([\d.]+)"/g)];
  // Two peers with CPU, three with workers, none at 64 connections.
  assert.equal(bars.length, 5);
  const [skein, nginx] = bars.map((match) => Number(match[2]));
  assert.ok(Math.abs((skein ?? 0) / (nginx ?? 1) - 1.5) < 0.01);
  assert.match(svg, />32\.0 µs</);
  assert.match(svg, /A &amp; B &lt;c&gt;/);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.doesNotMatch(svg, /https?:\/\/(?!www\.w3\.org\/2000\/svg")/);
});

test("a bar far longer than the shortest is cut, and says so", () => {
  const results = aRun();
  results.measurements.push(measured({ case: "get", peer: "caddy", round: 1 }, 1_000));
  assert.match(picture(results), />» 1000\.0 µs</);
});
