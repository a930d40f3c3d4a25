import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SkeinError } from "../protocol/error.ts";
import { claimant, serviceWith, TestEnd, TestReader, TestRegistry, trafficOf } from "./testing-registry.ts";

const check = { kind: "http", path: "/healthz", everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 } as const;

function reading(one: TestRegistry): TestReader {
  const reader = new TestReader();
  one.registry.publisher.subscribe(reader);
  return reader;
}

test("a heartbeat registers, the first check admits, and the proxies hear of it", async () => {
  const one = new TestRegistry().configure();
  const reader = reading(one);
  one.heartbeat("w1");
  assert.equal(one.states(), "w1=not-checked");
  await one.time.run(1);
  assert.equal(reader.states(), "web/w1=live");
  assert.deepEqual(one.events(), ["worker-joined w1", "worker-live w1"]);
  assert.deepEqual(
    reader.table?.routes.map((route) => route.to),
    [[{ service: "web", weight: 1 }]],
  );
});

test("a reader that came before there is a table hears of none, and then of that one", async () => {
  const one = new TestRegistry();
  const reader = reading(one);
  one.registry.publisher.alive();
  assert.deepEqual(reader.frames, []);
  one.configure();
  await one.time.run(1);
  one.registry.publisher.alive();
  assert.deepEqual(
    reader.frames.map(({ kind }) => kind),
    ["full", "alive"],
  );
});

test("who fails the first check is in no table, and is asked again every 250 ms", async () => {
  const one = new TestRegistry().configure();
  one.behaviours.set("127.0.0.1:8001", "refuses");
  const reader = reading(one);
  one.heartbeat("w1");
  await one.time.run(300);
  assert.equal(reader.states(), "");
  assert.equal(one.states(), "w1=not-checked");
  one.behaviours.delete("127.0.0.1:8001");
  await one.time.run(300);
  assert.equal(reader.states(), "web/w1=live");
});

test("a stop of this process for 3 s takes nobody out", async () => {
  const one = new TestRegistry().configure();
  const ids = Array.from({ length: 200 }, (_, index) => `w${index + 1}`);
  const sessions = ids.map((id) => one.registry.openSession(claimant(id), id, new TestEnd()));
  const beat = (): void => {
    for (const session of sessions) one.process.deliver(() => session.beat({}));
    one.time.at(one.time.nowMs + 1_000, beat);
  };
  beat();
  await one.time.run(5_000);
  one.process.stop();
  await one.time.run(3_000);
  one.process.continue();
  await one.time.run(10_000);
  assert.deepEqual([...new Set(one.registry.views().map((view) => view.state))], ["live"]);
  assert.equal(one.announced.filter(({ kind }) => kind === "worker-suspect").length, 0);
});

test("sessions that workers gave up while this process was stopped are no silence; a refusal is one", async () => {
  const one = new TestRegistry().configure();
  const ids = ["w1", "w2", "w3", "w4"];
  const sessions = ids.map((id) => one.registry.openSession(claimant(id), id, new TestEnd()));
  await one.time.run(100);
  one.process.stop();
  one.behaviours.set("127.0.0.1:8004", "refuses");
  for (const session of sessions) one.process.deliver(() => session.lost());
  await one.time.run(60_000);
  one.process.continue();
  await one.time.run(50);
  assert.equal(one.states(), "w1=live w2=live w3=live w4=refused");
  // Who does not come back within a lease is silent.
  for (const id of ["w2", "w3"]) one.registry.openSession(claimant(id), id, new TestEnd());
  await one.time.run(2_900);
  assert.match(one.states(), /w1=live/);
  await one.time.run(200);
  assert.match(one.states(), /w1=lease-expired/);
});

test("silence takes out one of three, not the second: the alarm begins, and ends when they are heard", async () => {
  const one = new TestRegistry().configure();
  const sessions = ["w1", "w2", "w3"].map((id) => one.registry.openSession(claimant(id), id, new TestEnd()));
  await one.time.run(1_000);
  for (const port of [8001, 8002, 8003]) one.behaviours.set(`127.0.0.1:${port}`, "stopped");
  await one.time.run(2_500);
  assert.equal(one.states().match(/lease-expired/g)?.length, 1);
  assert.ok(one.events().includes("self-preservation-on"));
  for (const session of sessions) session.beat({});
  assert.equal(one.states(), "w1=live w2=live w3=live");
  const beating = one.process.clock.every(1_000, () => sessions.forEach((session) => session.beat({})));
  await one.time.run(10_000);
  beating.cancel();
  assert.ok(one.events().includes("self-preservation-off"));
});

test("the only worker of a service is never taken out by silence, but by a refusal", async () => {
  const one = new TestRegistry().configure();
  const session = one.registry.openSession(claimant("w1"), "x", new TestEnd());
  await one.time.run(20_000);
  assert.equal(one.states(), "w1=live");
  one.behaviours.set("127.0.0.1:8001", "refuses");
  session.lost();
  await one.time.run(1);
  assert.equal(one.states(), "w1=refused");
});

test("a killed worker: its session ends, its address refuses, the proxies hear it at once", async () => {
  const one = new TestRegistry().configure();
  const sessions = ["w1", "w2", "w3"].map((id) => one.registry.openSession(claimant(id), id, new TestEnd()));
  await one.time.run(100);
  const reader = reading(one);
  one.behaviours.set("127.0.0.1:8002", "refuses");
  const before = one.time.nowMs;
  sessions[1]?.lost();
  await one.time.run(5);
  assert.equal(reader.states(), "web/w1=live web/w2=refused web/w3=live");
  assert.ok(one.time.nowMs - before <= 5);
});

test("stalled: stays out while only connects succeed, and returns by an answered byte", async () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001, 8_002], check)]);
  await one.time.run(10);
  one.behaviours.set("127.0.0.1:8001", "stopped");
  one.registry.evidence(
    [{ service: "web", id: "s8001", address: "127.0.0.1:8001", generation: 1, kind: "stalled" }],
    "here",
  );
  assert.equal(one.states(), "s8001=stalled s8002=live");
  await one.time.run(5_000);
  assert.equal(one.states(), "s8001=stalled s8002=live");
  one.behaviours.delete("127.0.0.1:8001");
  await one.time.run(1_100);
  // The checks failed meanwhile as well: two must pass.
  assert.equal(one.states(), "s8001=live s8002=live");
});

test("evidence about another life or address is ignored, and not passed on", () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001], { kind: "none" })]);
  const item = {
    service: "web",
    id: "s8001",
    address: "127.0.0.1:8001",
    generation: 1,
    kind: "refused",
  } as const;
  one.registry.evidence(
    [
      { ...item, generation: 2 },
      { ...item, address: "127.0.0.1:1" },
      { ...item, id: "x" },
    ],
    "here",
  );
  assert.equal(one.states(), "s8001=live");
  assert.deepEqual(one.told, []);
  one.registry.evidence([item], "here");
  assert.equal(one.states(), "s8001=refused");
  assert.deepEqual(one.told, [{ kind: "evidence", items: [item] }]);
});

test("a static worker that nobody checks is live at once", () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001], { kind: "none" })]);
  assert.equal(one.states(), "s8001=live");
  assert.equal(one.probes, 0);
});

test("checks of a static worker: fall 3 after a first failure within 750 ms, rise 2", async () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001, 8_002], check)]);
  await one.time.run(2_500);
  one.behaviours.set("127.0.0.1:8001", "stopped");
  await one.time.run(2_300 + 600);
  assert.equal(one.states(), "s8001=check-failed s8002=live");
  one.behaviours.delete("127.0.0.1:8001");
  await one.time.run(600);
  assert.equal(one.states(), "s8001=live s8002=live");
});

test("a new configuration adds and removes static workers, and leaves the others alone", async () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001, 8_002], check)]);
  await one.time.run(10);
  const reader = reading(one);
  one.configure([serviceWith("web", [8_002, 8_003], check)], 2);
  await one.time.run(10);
  assert.equal(one.states(), "s8002=live s8003=live");
  assert.equal(reader.states(), "web/s8002=live web/s8003=live");
  assert.equal(reader.table?.revision, 2);
});

test("an operator's drain and weight, before and after the worker joins", async () => {
  const one = new TestRegistry().configure();
  one.registry.setOverrides([{ service: "web", id: "w1", drain: true, weight: 0.5 }]);
  const end = new TestEnd();
  const { accepted } = one.registry.openSession(claimant("w1"), "x", end);
  assert.equal(accepted.desired, "drain");
  await one.time.run(1);
  const reader = reading(one);
  assert.equal(reader.states(), "web/w1=draining");
  assert.equal(reader.table?.workers[0]?.weight, 0.5);
  assert.equal(one.registry.views()[0]?.weightSet, 0.5, "who looks sees that it is not its own");
  one.registry.setOverrides([]);
  await one.time.run(1);
  assert.equal(reader.states(), "web/w1=live");
  assert.deepEqual(end.heard, ["serve"]);
});

test("a worker's drain is confirmed when the proxies were told, and its end is no failure", async () => {
  const one = new TestRegistry().configure();
  const session = one.registry.openSession(claimant("w1"), "x", new TestEnd());
  await one.time.run(1);
  const reader = reading(one);
  let seen: string | undefined;
  session.drain(() => (seen = reader.states()));
  assert.equal(seen, undefined);
  await one.time.run(1);
  assert.equal(seen, "web/w1=draining");
  one.behaviours.set("127.0.0.1:8001", "refuses");
  session.lost();
  await one.time.run(1);
  assert.equal(one.states(), "w1=left");
  assert.equal(reader.states(), "");
  await one.time.run(60_100);
  assert.equal(one.states(), "");
});

test("a newer life replaces the older, whose session is closed for good and then has no effect", async () => {
  const one = new TestRegistry().configure();
  const end = new TestEnd();
  const old = one.registry.openSession(claimant("w1"), "x", end);
  await one.time.run(1);
  const fresh = one.registry.openSession(claimant("w1"), "y", new TestEnd());
  assert.deepEqual([old.accepted.generation, fresh.accepted.generation], [1, 2]);
  assert.deepEqual(end.heard, ["close generation-old final"]);
  await one.time.run(1);
  old.lost();
  old.blocked();
  old.leave();
  assert.equal(one.states(), "w1=live");
  assert.throws(
    () => one.registry.openSession({ ...claimant("w1"), generation: 1 }, "x", new TestEnd()),
    code("generation-old"),
  );
});

test("a second session of one life replaces the first, whose end is no loss", async () => {
  const one = new TestRegistry().configure();
  const first = one.registry.openSession(claimant("w1"), "x", new TestEnd());
  await one.time.run(1);
  const second = one.registry.openSession({ ...claimant("w1"), generation: 1 }, "x", new TestEnd());
  first.lost();
  await one.time.run(100);
  assert.equal(one.states(), "w1=live");
  assert.equal(one.registry.sessions, 1);
  second.lost();
  assert.equal(one.registry.sessions, 0);
});

test("a generation stays refused after the worker is forgotten", async () => {
  const one = new TestRegistry().configure();
  one.registry.openSession({ ...claimant("w1"), generation: 7 }, "x", new TestEnd()).leave();
  await one.time.run(61_000);
  assert.equal(one.registry.size, 0);
  assert.throws(() => one.heartbeat("w1", { generation: 6 }), code("generation-old"));
  one.heartbeat("w1");
  assert.equal(one.registry.views()[0]?.generation, 8);
});

test("a heartbeat cannot move a live worker to another address", async () => {
  const one = new TestRegistry().configure();
  one.heartbeat("w1");
  await one.time.run(1);
  assert.throws(() => one.heartbeat("w1", { address: "127.0.0.1:9999" }), code("address-taken"));
});

test("the registry is full at workersMax", () => {
  const one = new TestRegistry().configure();
  for (let index = 1; index <= 1_000; index += 1) one.heartbeat(`w${index}`);
  assert.throws(() => one.heartbeat("w1001"), code("too-many-workers"));
  one.heartbeat("w1000");
});

test("workersMax bounds those that joined: who comes into the configuration makes room, who goes out of it takes some", async () => {
  const one = new TestRegistry();
  const configure = (ports: number[], revision: number): void => {
    const traffic = trafficOf([serviceWith("web", ports)]);
    const registration = { ...traffic.registration, workersMax: 1 };
    one.registry.configure({ revision, traffic: { ...traffic, registration } });
  };
  configure([], 1);
  one.heartbeat("s8001", { address: "127.0.0.1:8001" });
  assert.throws(() => one.heartbeat("w2"), code("too-many-workers"));
  configure([8_001], 2);
  one.heartbeat("w2");
  one.registry.remove("web", "w2");
  await one.time.run(61_000);
  const session = one.registry.openSession({ ...claimant("w1"), id: "s8001" }, "x", new TestEnd());
  await one.time.run(1);
  configure([], 3);
  assert.equal(one.states(), "s8001=live", "its session goes on");
  assert.throws(() => one.heartbeat("w3"), code("too-many-workers"));
  session.leave();
  await one.time.run(61_000);
  one.heartbeat("w3");
  assert.throws(() => one.heartbeat("w4"), code("too-many-workers"));
});

test("a session whose words are lost is kept while its worker answers", async () => {
  const one = new TestRegistry().configure();
  one.registry.openSession(claimant("w1"), "x", new TestEnd());
  one.heartbeat("w2", { ttlMs: 60_000 });
  await one.time.run(30_000);
  assert.equal(one.states(), "w1=live w2=live");
  assert.ok(!one.events().includes("worker-suspect"));
  one.behaviours.set("127.0.0.1:8001", "stopped");
  await one.time.run(3_000);
  assert.equal(one.states(), "w1=lease-expired w2=live");
  one.behaviours.delete("127.0.0.1:8001");
  await one.time.run(1_500);
  assert.equal(one.states(), "w1=live w2=live");
});

test("who goes out of the configuration has a lease from then on", async () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001])]);
  one.registry.openSession({ ...claimant("w1"), id: "s8001" }, "x", new TestEnd());
  one.heartbeat("w2", { ttlMs: 60_000 });
  await one.time.run(1);
  one.configure([], 2);
  one.behaviours.set("127.0.0.1:8001", "stopped");
  await one.time.run(5_000);
  assert.equal(one.states(), "s8001=lease-expired w2=live");
});

test("a fresh controller is settled after 4 s, or when a settled peer told everything", async () => {
  const one = new TestRegistry().configure();
  const reader = reading(one);
  await one.time.run(3_900);
  assert.equal(reader.table?.settled, false);
  await one.time.run(200);
  assert.equal(reader.table?.settled, true);
  const other = new TestRegistry().configure();
  other.registry.settle();
  assert.equal(other.registry.publisher.table()?.settled, true);
});

test("above 5,000 sessions slower beats are asked for, and the lease is longer at once", async () => {
  const one = new TestRegistry();
  one.registry.configure({ revision: 1, traffic: { ...trafficWithMany() } });
  const ends: TestEnd[] = [];
  for (let index = 1; index <= 5_001; index += 1) {
    const end = new TestEnd();
    ends.push(end);
    one.registry.openSession(claimant(`w${index}`), "x", end);
  }
  const leaseMs = () => one.registry.views()[0]?.ttlMs;
  await one.time.run(5_000);
  assert.deepEqual(
    [ends[0]?.heard, leaseMs()],
    [["pace 4000 12000"], 12_000],
    "a crowd, for all that is known",
  );
  await one.time.run(5_000);
  assert.deepEqual([ends[0]?.heard.at(-1), leaseMs()], ["pace 2000 6000", 12_000]);
  await one.time.run(5_000);
  assert.deepEqual([ends[0]?.heard.length, leaseMs()], [2, 6_000], "the faster beats have had a round");
});

function trafficWithMany(): Parameters<TestRegistry["registry"]["configure"]>[0]["traffic"] {
  const traffic = new TestRegistry().configure().registry.traffic;
  assert.ok(traffic !== undefined);
  return { ...traffic, registration: { ...traffic.registration, workersMax: 20_000 } };
}

test("whatever happens, a reader of deltas knows what a fresh reader of the whole table knows", async () => {
  const worker = fc.constantFrom("w1", "w2", "w3", "w4");
  const doing = fc.oneof(
    fc.record({ kind: fc.constant("beat" as const), worker }),
    fc.record({ kind: fc.constant("leave" as const), worker }),
    fc.record({ kind: fc.constant("drain" as const), worker, on: fc.boolean() }),
    fc.record({ kind: fc.constant("refuse" as const), worker, on: fc.boolean() }),
    fc.record({
      kind: fc.constant("evidence" as const),
      worker,
      of: fc.constantFrom("refused", "stalled", "failing", "answered"),
    }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
    fc.record({ kind: fc.constant("configure" as const), ports: fc.subarray([8_001, 8_002, 8_003]) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(doing, { maxLength: 25 }), async (deeds) => {
      const one = new TestRegistry().configure();
      const reader = reading(one);
      let revision = 1;
      const drained = new Set<string>();
      for (const deed of deeds) {
        if (deed.kind === "beat") one.heartbeat(deed.worker);
        if (deed.kind === "leave") one.registry.remove("web", deed.worker);
        if (deed.kind === "refuse")
          one.behaviours.set(claimant(deed.worker).address, deed.on ? "refuses" : "answers");
        if (deed.kind === "pass") await one.time.run(deed.ms);
        if (deed.kind === "configure")
          one.configure([serviceWith("web", deed.ports, check)], (revision += 1));
        if (deed.kind === "drain") {
          if (deed.on) drained.add(deed.worker);
          else drained.delete(deed.worker);
          one.registry.setOverrides(
            [...drained].map((id) => ({ service: "web", id, drain: true, weight: null })),
          );
        }
        if (deed.kind === "evidence") {
          const found = one.registry.find(deed.worker, "web")[0];
          if (found === undefined) continue;
          const { service, id, address, generation } = found;
          one.registry.evidence([{ service, id, address, generation, kind: deed.of }], "here");
        }
      }
      await one.time.run(1);
      assert.equal(reader.states(), reading(one).states());
      assert.equal(reader.table?.sequence, one.registry.publisher.sequence);
    }),
    { numRuns: 60 },
  );
});

function code(expected: string): (error: unknown) => boolean {
  return (error) => error instanceof SkeinError && error.code === expected;
}

test("where a worker takes links is told to who may open one, and only there", async () => {
  const one = new TestRegistry().configure();
  const [proxy, curl] = [new TestReader(), new TestReader(false)];
  for (const reader of [proxy, curl]) one.registry.publisher.subscribe(reader);
  const link = { port: 9_001, key: "ab".repeat(32) };
  one.registry.openSession({ ...claimant("w1"), link }, "x", new TestEnd());
  await one.time.run(10);
  assert.deepEqual(proxy.worker("web/w1")?.link, link);
  assert.equal(curl.states(), "web/w1=live");
  // Whoever attaches later gets it in the whole table.
  const late = reading(one);
  assert.deepEqual(late.worker("web/w1")?.link, link);
  const renewed = { port: 9_002, key: "cd".repeat(32) };
  one.registry.openSession({ ...claimant("w1"), link: renewed }, "x", new TestEnd());
  await one.time.run(10);
  assert.deepEqual(proxy.worker("web/w1")?.link, renewed);
  assert.equal(proxy.frames.at(-1)?.kind, "delta");
  one.registry.openSession(claimant("w1"), "x", new TestEnd());
  await one.time.run(10);
  assert.equal(proxy.worker("web/w1")?.link, undefined);
  // In the frames of a whole table in parts as well.
  const frames: string[] = [];
  one.registry.openSession({ ...claimant("w2"), link }, "x", new TestEnd());
  await one.time.run(10);
  one.registry.publisher.subscribe({ opensLinks: false, rowsMax: 1, frame: (line) => frames.push(line) });
  assert.match(frames.join(), /"kind":"more"/);
  const shown = JSON.stringify([frames, curl.frames, one.registry.views(), one.announced]);
  assert.doesNotMatch(shown, /link|abab|cdcd/);
});

test("zone and backup of a static worker reach the proxies, and so does their change", async () => {
  const web = serviceWith("web", [8_001], { kind: "none" });
  const configured = (details: { zone?: string; backup?: boolean }): typeof web => ({
    ...web,
    workers: web.workers.map((worker) => ({ ...worker, ...details })),
  });
  const one = new TestRegistry().configure([configured({ zone: "a", backup: true })]);
  const reader = reading(one);
  const told = (): unknown => reader.table?.workers.map(({ zone, backup }) => ({ zone, backup }));
  assert.deepEqual(told(), [{ zone: "a", backup: true }]);
  one.configure([configured({ zone: "b" })], 2);
  await one.time.run(100);
  assert.deepEqual(told(), [{ zone: "b", backup: undefined }]);
});

test("a worker that joined and then comes into the configuration goes on, and again when it stands there no more", async () => {
  const one = new TestRegistry().configure();
  const end = new TestEnd();
  const { accepted } = one.registry.openSession(claimant("w1"), "x", end);
  await one.time.run(1);
  const web = serviceWith("web", [8_001], { kind: "none" });
  const workers = web.workers.map((worker) => ({ ...worker, id: "w1", weight: 3 }));
  const shown = (): unknown =>
    one.registry.views().map(({ origin, generation, weight }) => ({ origin, generation, weight }));
  one.configure([{ ...web, workers }], 2);
  await one.time.run(60_000);
  assert.deepEqual(end.heard, []);
  assert.equal(one.states(), "w1=live");
  assert.deepEqual(shown(), [{ origin: "configured", generation: accepted.generation, weight: 3 }]);
  one.configure([], 3);
  await one.time.run(1);
  assert.deepEqual(end.heard, []);
  assert.equal(one.states(), "w1=live");
});

test("a worker that joined and then comes into the configuration is checked as that says, without a lease", async () => {
  const one = new TestRegistry().configure();
  one.heartbeat("w1");
  await one.time.run(1);
  const web = serviceWith("web", [8_001], check);
  one.configure([{ ...web, workers: web.workers.map((worker) => ({ ...worker, id: "w1" })) }], 2);
  await one.time.run(60_000);
  assert.equal(one.states(), "w1=live");
  one.behaviours.set("127.0.0.1:8001", "refuses");
  await one.time.run(5_000);
  assert.equal(one.states(), "w1=refused");
  one.behaviours.delete("127.0.0.1:8001");
  await one.time.run(5_000);
  assert.equal(one.states(), "w1=live");
});
