import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveProxy, LiveSnapshot, LiveWorker } from "../../protocol/live.ts";
import { latencyBucketsMs } from "../../protocol/evidence.ts";
import { render } from "./render.ts";
import { type Drain, newTop, step, type TopEvent, type TopState } from "./state.ts";

const worker = (id: string, more: Partial<LiveWorker> = {}): LiveWorker => ({
  id,
  service: "orders",
  address: "127.0.0.1:1",
  state: "live",
  generation: 1,
  origin: "session",
  session: true,
  weight: 1,
  desired: "serve",
  ttlMs: 3_000,
  stateForMs: 61_000,
  tags: [],
  metadata: {},
  load: { inFlight: 2, eventLoopDelayP99Ms: 3 },
  ...more,
});

function proxy(count: number, more: Partial<LiveProxy> = {}): LiveProxy {
  const latency = latencyBucketsMs.map((_, at) => (at === 2 ? count : 0)).concat(0);
  const asked = { service: "orders", answers: count, errors: 0, latency };
  return {
    proxy: "p1",
    instance: "i",
    connections: { open: 1, accepted: 1, refused: 0 },
    retries: { taken: 0, denied: 0 },
    services: {
      orders: {
        requests: count,
        byStatusClass: [0, count, 0, 0, 0],
        inFlight: 0,
        bytesIn: 0,
        bytesOut: 0,
        latency,
        latencySumMs: 0,
      },
    },
    workers: [
      { ...asked, id: "o-10" },
      { ...asked, id: "o-2", answers: 3 * count, errors: count },
    ],
    ...more,
  };
}

const snapshot: LiveSnapshot = {
  v: 1,
  controller: "c",
  operator: true,
  workers: [
    worker("o-10"),
    worker("o-2"),
    worker("evil\u001B[2J", { state: "suspect", cause: "stalled", load: {} }),
  ],
  services: [],
  controllers: { v: 1, term: 4, leader: "controller-1", controllers: [] },
  proxies: [proxy(0)],
};

/** Two seconds of a stream. */
const running = play(newTop, [
  { kind: "snapshot", snapshot, at: 0 },
  { kind: "second", at: 0 },
  { kind: "delta", delta: { proxies: [proxy(200)] }, at: 1_900 },
  { kind: "second", at: 2_000 },
]).state;

function play(from: TopState, events: readonly TopEvent[]): { state: TopState; drains: Drain[] } {
  const drains: Drain[] = [];
  let state = from;
  for (const event of events) {
    const next = step(state, event);
    state = next.state;
    if (next.drain !== undefined) drains.push(next.drain);
  }
  return { state, drains };
}

const press = (state: TopState, ...keys: string[]): { state: TopState; drains: Drain[] } =>
  play(
    state,
    keys.map((key) => ({ kind: "key" as const, key, size: { columns: 100, rows: 15 } })),
  );

const screen = (state: TopState, columns = 100, rows = 9): string[] =>
  render(state, { columns, rows }, 1_000, (_, text) => text);

test("the screen, whole", () => {
  assert.deepEqual(screen(press(running, "down", "down").state, 120), [
    "controller-1 leads, term 4   2 of 3 workers live   100 req/s   0% errors   p50 3.8ms   p99 5.0ms",
    "req/s                              █   p99                              █",
    "",
    "   SERVICE*  ID           STATE             FOR  BUSY  REQ/S    P99  ERRORS   LOOP",
    String.raw`   orders    evil\x1b[2J  suspect: stalled  62s            0      -      0%      -`,
    ">  orders    o-2          live              62s     2    300  5.0ms     33%  3.0ms",
    "   orders    o-10         live              62s     2    100  5.0ms      0%  3.0ms",
    "q quit   d drain, u undrain   sort: n name, s state, b busy, r rate, l p99, e errors   3 workers",
  ]);
});

test("it never has more lines or columns than the screen, and the last row is the last line", () => {
  for (const columns of [200, 100, 80, 79, 60, 40, 20, 8, 1]) {
    for (const rows of [60, 9, 6, 3, 1]) {
      const lines = screen(running, columns, rows);
      assert.ok(lines.length <= rows);
      for (const line of lines) assert.ok(line.length <= columns, `${columns}: ${line}`);
      assert.match(lines.at(-1) ?? "", columns >= 20 ? /^q quit/ : /^/);
    }
  }
});

test("how to end and what can be done is seen on 80 columns", () => {
  assert.match(screen(running, 80).at(-1) ?? "", /^q quit +d drain, u undrain /);
});

test("where it is narrow, the less needed columns leave first", () => {
  const titles = (columns: number): string => screen(running, columns)[3]?.replace(/ +/g, " ").trim() ?? "";
  assert.equal(titles(90), "SERVICE* ID STATE FOR BUSY REQ/S P99 ERRORS LOOP");
  assert.equal(titles(80), "SERVICE* ID STATE FOR BUSY REQ/S P99 ERRORS");
  assert.equal(titles(60), "SERVICE* ID STATE REQ/S ERRORS");
  assert.equal(titles(40), "SERVICE* ID STATE REQ/S");
});

test("the question is seen whole, whatever the size; where it cannot be, nothing is asked", () => {
  const asked = press(running, "first", "down", "d").state;
  for (const rows of [1, 2, 4, 9])
    assert.match(screen(asked, 60, rows).at(-1) ?? "", /^Drain orders.*\? y: yes, any other key: no$/);
  const narrow = { columns: 40, rows: 9 };
  const small = (key: string): TopEvent => ({ kind: "key", key, size: narrow });
  const refused = play(press(running, "first", "down").state, [small("d"), small("y")]);
  assert.deepEqual([refused.drains, refused.state.mode.kind], [[], "browsing"]);
  assert.deepEqual(play(asked, [small("y")]).drains, [], "it was asked, and then the terminal became small");
});

test("a worker stays selected wherever it is sorted to, and is drained only after yes", () => {
  const selected = press(running, "first", "down", "e").state;
  assert.match(screen(selected).find((line) => line.startsWith(">")) ?? "", /o-2/);
  assert.match(screen(selected)[4] ?? "", /^>.*o-2/);
  const asked = press(selected, "d");
  assert.match(screen(asked.state).at(-1) ?? "", /^Drain orders\/o-2\? y/);
  assert.deepEqual(press(asked.state, "n").drains, []);
  assert.deepEqual(press(asked.state, "y").drains, [{ on: true, service: "orders", id: "o-2" }]);
  assert.deepEqual(press(selected, "u", "y").drains, [{ on: false, service: "orders", id: "o-2" }]);
  assert.deepEqual(press(running, "d", "y").drains, [], "nobody is selected");
});

test("without the operators' token nothing is asked", () => {
  const reader = play(newTop, [
    { kind: "snapshot", snapshot: { ...snapshot, operator: false }, at: 0 },
  ]).state;
  const { state, drains } = press(reader, "down", "d", "y");
  assert.deepEqual(drains, []);
  assert.match(screen(press(reader, "down", "d").state).at(-1) ?? "", /token/);
  assert.equal(state.over, false);
  assert.equal(press(state, "quit").state.over, true);
});

test("what was last seen stays while the stream is lost", () => {
  const { state } = play(running, [
    { kind: "lost", why: "ECONNREFUSED" },
    { kind: "second", at: 3_000 },
  ]);
  assert.match(screen(state).at(-1) ?? "", /lost: ECONNREFUSED; trying again/);
  assert.equal(state.history.length, 1);
  assert.match(screen(state).join("\n"), /o-10/);
});

test("while nobody tells, no rates are shown and none are noted", () => {
  const quiet = play(running, [
    { kind: "second", at: 3_900 },
    { kind: "second", at: 4_900 },
  ]).state;
  assert.match(screen(quiet)[0] ?? "", /- req\/s {3}- errors/);
  assert.equal(quiet.history.length, running.history.length);
  assert.match(screen(quiet).join("\n"), /o-10 .* 2 +- +- +- +3.0ms/, "of workers neither");
  const lost = play(running, [{ kind: "lost", why: "nothing came" }]).state;
  assert.match(screen(lost)[0] ?? "", /- req\/s {3}- errors/);
  const back = play(lost, [
    { kind: "snapshot", snapshot: { ...snapshot, proxies: [proxy(9_000)] }, at: 30_000 },
    { kind: "second", at: 30_100 },
    { kind: "heard", at: 32_000 },
    { kind: "second", at: 32_100 },
  ]).state;
  assert.equal(back.history.at(-1)?.perSecond, 0, "what was counted in the gap is no rate");
});

test("a proxy that does not report is named, and its rates are gaps", () => {
  const two = (ms: number, heardMs: number): LiveProxy[] => [
    proxy(ms / 10, { upMs: ms }),
    proxy(heardMs / 10, { upMs: heardMs, proxy: "p2" }),
  ];
  const { state } = play(newTop, [
    { kind: "snapshot", snapshot: { ...snapshot, proxies: two(60_000, 60_000) }, at: 0 },
    { kind: "second", at: 0 },
    { kind: "delta", delta: { proxies: two(62_000, 60_000) }, at: 1_900 },
    { kind: "second", at: 2_000 },
  ]);
  assert.match(screen(state, 80)[0] ?? "", /^p2 does not report: rates are not known {3}controller-1 leads/);
  assert.match(screen(state, 200)[0] ?? "", / - req\/s /);
  assert.match(screen(state).join("\n"), /o-10 .* 2 +- +- +- +3.0ms/);
  assert.deepEqual(state.history, [undefined]);
});

test("an age that nobody saw begin is at least so long", () => {
  const workers = [worker("o-1", { stateForAtLeast: true })];
  const { state } = play(newTop, [{ kind: "snapshot", snapshot: { ...snapshot, workers }, at: 0 }]);
  assert.match(screen(state).join("\n"), /o-1 +live +>62s/);
});

test("of workers that no report tells of, nothing is shown, and they are sorted last", () => {
  const partly = (count: number): LiveProxy => ({ ...proxy(count), workersLeftOut: 1 });
  const { state } = play(newTop, [
    { kind: "snapshot", snapshot: { ...snapshot, proxies: [partly(0)] }, at: 0 },
    { kind: "second", at: 0 },
    { kind: "delta", delta: { proxies: [partly(100)] }, at: 1_900 },
    { kind: "second", at: 2_000 },
    { kind: "key", key: "r", size: { columns: 100, rows: 15 } },
  ]);
  assert.match(screen(state)[6] ?? "", /^ +orders +evil.* -  +-  +-  +-$/);
});
