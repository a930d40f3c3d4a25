import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { exitCodes } from "../protocol/supervision.ts";
import { activeOf, type Effect } from "./plan.ts";
import { drained, killed, PlanRun, spawned } from "./testing-plan.ts";

const want = { proxy: 2, controller: 2 };

function started(): PlanRun {
  const run = new PlanRun({ want });
  run.send({ t: "tick" });
  run.settle();
  run.lead("controller-1", 5);
  run.run(3_000);
  run.effects.length = 0;
  return run;
}

function restarts({ plan }: PlanRun): Record<string, number> {
  return Object.fromEntries(plan.children.map((child) => [child.name, child.restarts]));
}

test("what is wanted is started, and then nothing more", () => {
  const run = new PlanRun({ want });
  assert.deepEqual(spawned(run.send({ t: "tick" })), ["controller-1", "controller-2", "proxy-1", "proxy-2"]);
  run.settle();
  assert.deepEqual(run.run(60_000), []);
});

test("a child that ends is replaced at once; its name is free again", () => {
  const run = started();
  assert.deepEqual(spawned(run.exit("proxy-1")), ["proxy-1"]);
  assert.deepEqual(restarts(run), { "controller-1": 0, "controller-2": 0, "proxy-2": 0, "proxy-1": 1 });
});

test("how often a place was filled anew is told of whoever has it, whatever its name", () => {
  const run = started();
  run.mute.add("proxy-1");
  assert.deepEqual(killed(run.run(2_250)), ["proxy-1"]);
  run.settle();
  assert.equal(restarts(run)["proxy-3"], 1, "replaced before the silent one has ended");
  run.exit("proxy-1");
  run.settle();
  assert.equal(restarts(run)["proxy-3"], 1, "its end is not a second one");
  assert.deepEqual(spawned(run.exit("proxy-3")), ["proxy-1"]);
  assert.equal(restarts(run)["proxy-1"], 2);
});

test("a process that replaces another one on purpose begins at 0", () => {
  const run = started();
  run.exit("proxy-1");
  run.settle();
  run.run(3_000);
  run.send({ t: "want", want, roll: ["proxy"] });
  for (let n = 0; n < 4; n += 1) {
    run.settle();
    for (const { name, phase } of run.plan.children) if (phase.kind === "draining") run.exit(name, 0);
  }
  const proxies = run.plan.children.filter(({ role }) => role === "proxy");
  assert.deepEqual(
    proxies.map((child) => [child.epoch, child.restarts]),
    [
      [2, 0],
      [2, 0],
    ],
  );
});

test("a proxy that leaves by itself is replaced at its word, not at its end", () => {
  const run = new PlanRun({ want: { proxy: 1, controller: 1 } });
  run.send({ t: "tick" });
  run.settle();
  assert.deepEqual(spawned(run.send({ t: "leaving", name: "proxy-1" })), ["proxy-2"]);
  run.settle();
  assert.deepEqual(run.send({ t: "leaving", name: "proxy-1" }), []);
  assert.deepEqual(run.exit("proxy-1", 0), []);
  assert.equal(restarts(run)["proxy-2"], 1, "nobody had planned it");
  run.run(3_000);
  run.send({ t: "leaving", name: "proxy-2" });
  run.settle();
  assert.deepEqual(killed(run.run(32_000)), [], "it has as long as if it had been told");
  assert.deepEqual(killed(run.run(250)), ["proxy-2"]);
});

test("who is sent a signal as soon as it is there, again and again, is replaced ever later, and that is said", () => {
  const run = new PlanRun({ want: { proxy: 1, controller: 1 } });
  run.send({ t: "tick" });
  run.settle();
  run.effects.length = 0;
  for (let n = 0; n < 4_000; n += 250) {
    const { name } = activeOf(run.plan, "proxy")[0] ?? {};
    if (name !== undefined) run.send({ t: "leaving", name });
    run.run(250);
    run.settle();
  }
  assert.equal(spawned(run.effects).length, 5, "at once, and after 250, 500, 1,000 and 2,000 ms");
  const told = run.effects.filter((effect) => effect.do === "say" && effect.level === "warn");
  assert.equal(told.length, 5);
});

test("all proxies at once are replaced at once", () => {
  const run = started();
  assert.deepEqual(spawned([...run.exit("proxy-1"), ...run.exit("proxy-2")]), ["proxy-1", "proxy-2"]);
});

test("the other controllers hear of a controller's end at once, before anything else is done", () => {
  const run = started();
  const [first] = run.exit("controller-1");
  const instance = "i-101";
  assert.deepEqual(first, {
    do: "send",
    name: "controller-2",
    frame: { t: "controller-exited", name: "controller-1", instance },
  });
});

test("what never stays up is tried ever more slowly, with a message, but for ever", () => {
  const run = new PlanRun({ want: { proxy: 1, controller: 0 } });
  run.send({ t: "tick" });
  const startedAt: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    const before = run.now;
    let again = spawned(run.exit("proxy-1", 1));
    while (again.length === 0) again = spawned(run.run(250));
    startedAt.push(run.now - before);
  }
  assert.deepEqual(startedAt.slice(0, 6), [0, 250, 500, 1_000, 2_000, 4_000]);
  assert.deepEqual(startedAt.slice(-3), [5_000, 5_000, 5_000]);
  const messages = run.effects.filter((effect) => effect.do === "say" && effect.level === "error");
  assert.equal(messages.length, 1);
  run.settle();
  run.run(3_000);
  assert.deepEqual(
    spawned(run.exit("proxy-1")),
    ["proxy-1"],
    "proved itself: the next accident costs no time",
  );
});

test("a proxy silent for 2 s is killed and replaced without waiting for its end", () => {
  const run = started();
  run.mute.add("proxy-2");
  assert.deepEqual(killed(run.run(2_000)), []);
  const effects = run.run(250);
  assert.deepEqual(killed(effects), ["proxy-2"]);
  assert.deepEqual(spawned(effects), ["proxy-3"]);
});

/** When each of the first starts is tried, where every proxy says `word` (hello, and perhaps that it is ready) and hangs. */
function startsOfHanging(
  word: (run: PlanRun, name: string) => void,
  forMs = 120_000,
): { starts: number[]; run: PlanRun } {
  const run = new PlanRun({ want: { proxy: 1, controller: 0 } });
  const starts: number[] = [];
  let effects = run.send({ t: "tick" });
  while (run.now < forMs) {
    for (const name of spawned(effects)) {
      starts.push(run.now);
      run.mute.add(name);
      word(run, name);
    }
    for (const name of killed(effects)) run.exit(name);
    effects = run.run(250);
  }
  return { starts, run };
}

for (const [what, word] of [
  ["says hello", (run, name) => run.hello(name, "proxy")],
  [
    "says that it is ready",
    (run, name) => {
      run.hello(name, "proxy");
      run.send({ t: "ready", name });
    },
  ],
] as [string, (run: PlanRun, name: string) => void][]) {
  test(`a proxy that ${what} and then hangs is tried ever more slowly, with a message`, () => {
    const { starts, run } = startsOfHanging(word);
    const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
    // Each is silent for 2 s before it is killed.
    assert.deepEqual(gaps.slice(0, 6), [2_250, 2_500, 2_750, 3_250, 4_250, 6_250]);
    assert.deepEqual(gaps.slice(-3), [7_250, 7_250, 7_250]);
    const messages = run.effects.filter((effect) => effect.do === "say" && effect.level === "error");
    assert.equal(messages.length, 1);
  });
}

test("a controller is killed after 10 s of silence, and only while another answers", () => {
  const run = started();
  run.mute.add("controller-1");
  assert.deepEqual(killed(run.run(10_000)), []);
  assert.deepEqual(killed(run.run(250)), ["controller-1"]);

  const alone = started();
  alone.mute.add("controller-1").add("controller-2");
  assert.deepEqual(killed(alone.run(120_000)), []);
});

test("the supervisor's own pause is nobody's silence", () => {
  const run = started();
  for (let n = 0; n < 20; n += 1) {
    run.now += 10_000;
    // The tick comes before the answers that wait in the sockets.
    assert.deepEqual(killed(run.send({ t: "tick" })), []);
    assert.deepEqual(run.run(500), []);
  }
});

test("a process that never says hello is killed", () => {
  const run = new PlanRun({ want: { proxy: 1, controller: 0 } });
  run.send({ t: "tick" });
  assert.deepEqual(killed(run.run(15_000)), []);
  assert.deepEqual(killed(run.run(500)), ["proxy-1"]);
});

test("one that never says hello gets twice the time after each failure in a row: the host may be short of it", () => {
  const { starts } = startsOfHanging(() => {}, 500_000);
  const gaps = starts.slice(1).map((at, n) => at - (starts[n] ?? 0));
  // The last part of each is the pause before the next start.
  assert.deepEqual(gaps.slice(0, 5), [15_250, 30_500, 60_750, 121_250, 122_250]);
});

for (const [how, prove] of [
  ["another proves itself", (run) => run.settle()],
  ["the operator wants something else", (run) => run.send({ t: "want", want: run.plan.want, roll: [] })],
] as [string, (run: PlanRun) => unknown][]) {
  test(`the time that a start has to its hello is not taken away when ${how}`, () => {
    const run = new PlanRun({ want: { proxy: 2, controller: 0 } });
    run.send({ t: "tick" });
    for (const name of killed(run.run(15_250))) run.exit(name);
    run.run(20_000);
    const [slow = ""] = run.names("proxy");
    run.mute.add(slow);
    prove(run);
    assert.deepEqual(killed(run.run(39_000)), []);
    assert.equal(run.plan.restarts.proxy.failures, 0);
    assert.deepEqual(killed(run.run(2_000)).slice(0, 1), [slow]);
  });
}

function successorOf(run: PlanRun, living: string[]): PlanRun {
  const children = run.plan.children
    .filter(({ name }) => living.includes(name))
    .map((child) => ({
      ...child,
      phase: { kind: "awaited" } as const,
      connected: false,
      instance: null,
      bornAt: 0,
      heardAt: 0,
    }));
  return new PlanRun({ want, children, epoch: run.plan.epoch });
}

test("a new supervisor adopts who lives, doubles nobody, and starts who is missing", () => {
  const all = started();
  const whole = successorOf(all, ["controller-1", "controller-2", "proxy-1", "proxy-2"]);
  assert.deepEqual(whole.send({ t: "tick" }), []);
  whole.settle();
  assert.deepEqual(whole.run(60_000), []);

  const part = successorOf(all, ["controller-1", "controller-2", "proxy-2"]);
  assert.deepEqual(spawned(part.send({ t: "tick" })), ["proxy-1"]);
});

test("a child that lived under the old supervisor and is silent under the new one is replaced", () => {
  const run = successorOf(started(), ["controller-1", "controller-2", "proxy-1", "proxy-2"]);
  run.mute.add("proxy-1");
  run.send({ t: "tick" });
  run.settle();
  assert.deepEqual(killed(run.run(2_500)), ["proxy-1"]);
});

test("a living child of which nobody knew makes one too many: one is drained, not two started", () => {
  const run = successorOf(started(), ["controller-1", "controller-2", "proxy-1"]);
  run.send({ t: "tick" });
  run.settle();
  const effects = [...run.hello("proxy-7", "proxy"), ...run.send({ t: "ready", name: "proxy-7" })];
  assert.deepEqual(spawned(effects), []);
  assert.equal(drained(effects).length, 1);
});

test("a roll replaces one by one: standby, leader, then the proxies; never fewer ready than wanted", () => {
  const run = started();
  run.send({ t: "want", want, roll: ["controller", "proxy"] });
  const transcript: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const effects = run.effects.splice(0);
    for (const effect of effects) {
      if (effect.do === "spawn") transcript.push(`start ${effect.name}`);
      if (effect.do === "send" && effect.frame.t === "drain") transcript.push(`drain ${effect.name}`);
    }
    for (const role of ["proxy", "controller"] as const) {
      assert.ok(activeOf(run.plan, role).filter(({ phase }) => phase.kind === "ready").length >= want[role]);
    }
    run.settle();
    for (const name of drained(effects)) run.exit(name, 0);
  }
  assert.deepEqual(transcript, [
    "start controller-3",
    "drain controller-2",
    "start controller-2",
    "drain controller-1",
    "start proxy-3",
    "drain proxy-1",
    "start proxy-4",
    "drain proxy-2",
  ]);
});

test("a roll to something that does not start stops, and the old ones stay", () => {
  const run = started();
  run.send({ t: "want", want, roll: ["controller", "proxy"] });
  for (let n = 0; n < 20; n += 1) {
    const fresh = run.plan.children.find(({ epoch }) => epoch === 2);
    if (fresh !== undefined) run.exit(fresh.name, 1);
    run.run(10_000);
  }
  assert.deepEqual(run.names("controller"), ["controller-1", "controller-2"]);
  assert.deepEqual(run.names("proxy"), ["proxy-1", "proxy-2"]);
  assert.match(run.plan.roll.failed ?? "", /stay as they are/);
});

test("fewer wanted: the leader is not the one that goes", () => {
  const run = started();
  const effects = run.send({ t: "want", want: { proxy: 1, controller: 1 }, roll: [] });
  assert.deepEqual(drained(effects), ["controller-2", "proxy-1"]);
  assert.deepEqual(run.exit("proxy-1", 0), []);
});

test("a damaged store: all controllers leave, it is repaired above every term seen, they come back", () => {
  const run = started();
  run.lead("controller-1", 42);
  const first = run.exit("controller-1", exitCodes.storeCorrupt);
  assert.deepEqual(drained(first), ["controller-2"]);
  assert.deepEqual(spawned(first), []);
  const second = run.exit("controller-2", 0);
  assert.deepEqual(second.at(-1), { do: "repair", termFloor: 42 });
  assert.deepEqual(spawned(run.run(5_000)), []);
  assert.deepEqual(spawned(run.send({ t: "repaired", error: null })), ["controller-1", "controller-2"]);
});

test("a repair that fails is tried again later, not at once for ever", () => {
  const run = started();
  run.exit("controller-2", exitCodes.storeCorrupt);
  run.exit("controller-1", 0);
  const repairs: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    run.send({ t: "repaired", error: "no space" });
    while (run.plan.store.kind === "sound") {
      run.run(250);
      for (const name of run.names("controller")) run.exit(name, exitCodes.storeCorrupt);
    }
    repairs.push(run.now);
  }
  assert.ok((repairs.at(-1) ?? 0) - (repairs.at(-2) ?? 0) >= 4_000);
});

test("stopping: the proxies finish first, then the controllers, then it is over", () => {
  const run = started();
  assert.deepEqual(drained(run.send({ t: "stop", urgent: false })), ["proxy-1", "proxy-2"]);
  assert.deepEqual(run.exit("proxy-1", 0), []);
  assert.deepEqual(drained(run.exit("proxy-2", 0)), ["controller-1", "controller-2"]);
  run.exit("controller-1", 0);
  assert.deepEqual(run.exit("controller-2", 0), [{ do: "finish" }]);
});

test("a stop that a new supervisor goes on with reaches the children when they say hello", () => {
  const before = started();
  const run = successorOf(before, ["proxy-1", "controller-1"]);
  run.send({ t: "stop", urgent: false });
  assert.deepEqual(killed(run.effects), []);
  run.effects.length = 0;
  run.hello("proxy-1", "proxy");
  assert.deepEqual(drained(run.effects), ["proxy-1"]);
});

test("stopping takes at most the drain time, and no time at the second word", () => {
  const slow = started();
  slow.send({ t: "stop", urgent: false });
  assert.deepEqual(killed(slow.run(32_000)), []);
  assert.deepEqual(new Set(killed(slow.run(500))), new Set(["proxy-1", "proxy-2"]));

  const urgent = started();
  urgent.send({ t: "stop", urgent: false });
  const all = ["controller-1", "controller-2", "proxy-1", "proxy-2"];
  assert.deepEqual(killed(urgent.send({ t: "stop", urgent: true })), all);
});

type Happening = { kind: string; index: number; ms: number };

const happenings = fc.array(
  fc.record<Happening>({
    kind: fc.constantFrom("exit", "crash", "settle", "run", "mute", "roll", "corrupt", "pause", "lose"),
    index: fc.nat(7),
    ms: fc.integer({ min: 250, max: 5_000 }),
  }),
  { maxLength: 60 },
);

function happen(run: PlanRun, { kind, index, ms }: Happening): void {
  const child = run.plan.children[index % Math.max(1, run.plan.children.length)];
  if (kind === "run") run.run(ms);
  else if (kind === "settle") run.settle();
  else if (kind === "roll") run.send({ t: "want", want, roll: ["controller", "proxy"] });
  else if (kind === "pause") run.now += ms;
  else if (child === undefined) return;
  else if (kind === "exit") run.exit(child.name);
  else if (kind === "crash") run.exit(child.name, 1);
  else if (kind === "corrupt" && child.role === "controller") run.exit(child.name, exitCodes.storeCorrupt);
  else if (kind === "mute") run.mute.add(child.name);
  else if (kind === "lose") run.send({ t: "disconnected", name: child.name });
  if (run.plan.store.kind === "repairing") run.send({ t: "repaired", error: null });
}

/** The living obey: what is drained or killed ends. */
function obey(run: PlanRun, effects: Effect[]): void {
  for (const name of new Set([...drained(effects), ...killed(effects)])) run.exit(name, 0);
}

test("whatever happens: names are unique, at most one more than wanted serves, and it always heals", () => {
  fc.assert(
    fc.property(happenings, (all) => {
      const run = new PlanRun({ want });
      run.send({ t: "tick" });
      for (const happening of all) {
        happen(run, happening);
        obey(run, run.effects.splice(0));
        const names = run.plan.children.map(({ name }) => name);
        assert.equal(new Set(names).size, names.length);
        assert.ok(activeOf(run.plan, "proxy").length <= want.proxy + 1);
        assert.ok(activeOf(run.plan, "controller").length <= want.controller + 1);
      }
      run.mute.clear();
      for (let n = 0; n < 400; n += 1) {
        run.settle();
        run.run(250);
        obey(run, run.effects.splice(0));
        if (run.plan.store.kind === "repairing") run.send({ t: "repaired", error: null });
      }
      for (const role of ["proxy", "controller"] as const) {
        const active = activeOf(run.plan, role);
        assert.equal(active.length, want[role]);
        assert.ok(active.every(({ phase }) => phase.kind === "ready"));
      }
    }),
    { numRuns: 150 },
  );
});
