import assert from "node:assert/strict";
import { test } from "node:test";
import { outboundLimits } from "../peers/outbound.ts";
import { SkeinError } from "../protocol/error.ts";
import { claimant, serviceWith, TestEnd, trafficOf } from "../registry/testing-registry.ts";
import { silentLogger } from "../runtime/logger.ts";
import { StoreCorrupt } from "../store/store.ts";
import type { Controller } from "./controller.ts";
import { TestGateway } from "./testing-pair.ts";

const beat = (id: string) => ({ ...claimant(id), ttlMs: 60_000 });

test("one of two leads, and writes the configuration once", async () => {
  const gateway = new TestGateway();
  const [a, b] = [await gateway.start("controller-1"), await gateway.start("controller-2")];
  await gateway.time.run(1_000);
  assert.deepEqual([a.leads, b.leads], [true, false]);
  assert.equal(gateway.content.state.configuration?.revision, 1);
  assert.deepEqual([a.registry.revision, b.registry.revision], [1, 1]);
  assert.equal(gateway.events().filter((kind) => kind === "configuration-changed").length, 1);
  a.configure({ traffic: trafficOf([serviceWith("web", [8_001])]), digest: "d2" });
  b.configure({ traffic: trafficOf([serviceWith("web", [8_001])]), digest: "d2" });
  await gateway.time.run(100);
  assert.deepEqual([a.registry.revision, b.registry.revision], [2, 2]);
});

test("one change of the leadership is one line in the log of its gateway, by who leads now", async () => {
  const gateway = new TestGateway();
  const said: { name: string }[] = [];
  const start = (name: string): Promise<Controller> => {
    const info = (fields: object, message: string): void => {
      if (message === "leadership changed") said.push({ name, ...fields });
    };
    return gateway.start(name, trafficOf([]), "d1", { logger: { ...silentLogger, info } });
  };
  const a = await start("controller-1");
  await start("controller-2");
  await gateway.time.run(5_000);
  assert.deepEqual(said.splice(0), [{ name: "controller-1", leadership: "leader", term: 1 }]);
  await a.stop();
  await gateway.time.run(5_000);
  assert.deepEqual(said.at(-1), { name: "controller-2", leadership: "leader", term: 2 });
  const others = said.slice(0, -1);
  assert.ok(others.length === 1 && others[0]?.name === "controller-1", "and who leads no longer");
});

test("what happens while the store takes nothing is in the history when the same leader goes on", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  await gateway.time.run(1_000);
  const { store } = a.options;
  const full = () => Promise.reject(new SkeinError("storeFailed", "the disk is full"));
  Object.assign(store, { acquire: full, beat: full, write: full });
  a.registry.heartbeat(beat("w1"), {}, "here");
  await gateway.time.run(3_000);
  assert.equal(a.leads, false);
  a.registry.heartbeat(beat("w2"), {}, "here");
  await gateway.time.run(1_000);
  for (const name of ["acquire", "beat", "write"]) Reflect.deleteProperty(store, name);
  await gateway.time.run(1_000);
  assert.deepEqual([a.leads, a.term], [true, 1]);
  const joined = gateway.events().filter((event) => event.startsWith("worker-joined"));
  assert.deepEqual(joined, ["worker-joined web/w1", "worker-joined web/w2"]);
});

test("an event that is found damaged by whoever reads it ends the controller", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  const damaged = new StoreCorrupt("skein.db", "has the damaged event 1");
  const found: Error[] = [];
  Object.assign(a.options, { onStoreCorrupt: (error: Error) => found.push(error) });
  Object.assign(a.options.store, { events: () => Promise.reject(damaged) });
  await assert.rejects(gateway.ports(a).events(0, 10), damaged);
  assert.deepEqual(found, [damaged]);
});

test("the standby that takes over brings a newer configuration with it", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  const b = await gateway.start("controller-2");
  await gateway.time.run(1_000);
  gateway.kill(a);
  b.configure({ traffic: trafficOf([serviceWith("web", [8_001])]), digest: "d2" });
  b.election.holderExited("controller-1-life");
  await gateway.time.run(100);
  assert.equal(b.leads, true);
  assert.equal(gateway.content.state.configuration?.digest, "d2");
  assert.equal(b.registry.publisher.table()?.term, 2);
});

test("drain and weight are written by the leader, reach the standby, and outlive the leader", async () => {
  const gateway = new TestGateway();
  const [a, b] = [await gateway.start("controller-1"), await gateway.start("controller-2")];
  await gateway.time.run(1_000);
  a.registry.heartbeat(beat("w1"), {}, "here");
  await gateway.time.run(100);
  await gateway.ports(a).drain("web", "w1", true);
  await gateway.ports(a).weigh("web", "w1", 0.25);
  assert.deepEqual([a.registry.views()[0]?.state, a.registry.views()[0]?.weight], ["draining", 0.25]);
  await gateway.time.run(100);
  assert.deepEqual([b.registry.views()[0]?.state, b.registry.views()[0]?.weight], ["draining", 0.25]);
  gateway.kill(a);
  await gateway.time.run(3_000);
  assert.equal(b.leads, true);
  assert.equal(b.registry.views()[0]?.state, "draining");
  await gateway.ports(b).drain("web", "w1", false);
  assert.equal(b.registry.views()[0]?.state, "live");
});

test("the drain of a worker that was forgotten can be found and taken back", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1", trafficOf([serviceWith("web", [8_001])]));
  await gateway.time.run(1_000);
  a.registry.heartbeat({ ...claimant("w1"), ttlMs: 3_000 }, {}, "here");
  await gateway.time.run(100);
  const ports = gateway.ports(a);
  await ports.drain("web", "w1", true);
  assert.ok(await gateway.time.runUntil(() => ports.find("w1", "web").length === 0, 600_000, 1_000));
  const named = ({ service, id }: { service: string; id: string }): string => `${service}/${id}`;
  assert.deepEqual(ports.overridden("w1").map(named), ["web/w1"]);
  assert.deepEqual(ports.overridden("w1", "other"), []);
  await ports.drain("web", "w1", false);
  assert.deepEqual([ports.overridden("w1"), gateway.content.state.overrides], [[], []]);
});

test("how long a worker has been live is told alike by who leads, who comes new, and who leads after that", async () => {
  const gateway = new TestGateway();
  const traffic = trafficOf([serviceWith("web", [8_001])]);
  const a = await gateway.start("controller-1", traffic);
  const b = await gateway.start("controller-2", traffic);
  await gateway.time.run(100);
  a.registry.heartbeat({ ...claimant("w1"), ttlMs: 3_600_000 }, {}, "here");
  const ages = (of: Controller): string[] =>
    of.registry.views().map(({ id, stateForMs, stateForAtLeast = false }) => {
      return `${id} ${Math.round(stateForMs / 1_000)} ${stateForAtLeast}`;
    });
  await gateway.time.run(600_000);
  gateway.kill(b);
  await gateway.time.run(2_000);
  const c = await gateway.start("controller-3", traffic);
  await gateway.time.run(10_000);
  assert.deepEqual(ages(a), ["s8001 612 false", "w1 612 false"]);
  assert.deepEqual(ages(c), ages(a));
  await a.stop();
  await gateway.time.run(5_000);
  assert.ok(c.leads);
  assert.deepEqual(ages(c), ["s8001 617 false", "w1 617 false"]);
});

test("a standby writes nothing", async () => {
  const gateway = new TestGateway();
  await gateway.start("controller-1");
  const b = await gateway.start("controller-2");
  await gateway.time.run(1_000);
  assert.deepEqual(gateway.ports(b).leadership().kind, "elsewhere");
  await assert.rejects(
    () => gateway.ports(b).drain("web", "w1", true),
    (error) => error instanceof SkeinError && error.code === "no-leader",
  );
  b.registry.heartbeat(beat("w1"), {}, "here");
  await gateway.time.run(100);
  assert.deepEqual(
    gateway.events().filter((one) => one.includes("w1")),
    ["worker-joined web/w1", "worker-live web/w1"],
  );
});

test("a polite end hands the leadership over at once, and says so", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  const b = await gateway.start("controller-2");
  await gateway.time.run(1_000);
  await a.stop();
  await gateway.time.run(100);
  assert.equal(b.leads, true);
  assert.deepEqual(
    gateway.events().filter((kind) => kind.startsWith("leader")),
    ["leader-elected", "leader-resigned", "leader-elected"],
  );
});

test("what only the standby saw, because the leader was dead by then, is told by it later", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  const b = await gateway.start("controller-2");
  await gateway.time.run(1_000);
  a.registry.heartbeat(beat("w1"), {}, "here");
  await gateway.time.run(500);
  gateway.kill(a);
  b.registry.heartbeat(beat("w2"), {}, "here");
  await gateway.time.run(3_000);
  assert.equal(b.leads, true);
  assert.deepEqual(
    gateway.events().filter((one) => /w\d/.test(one)),
    ["worker-joined web/w1", "worker-live web/w1", "worker-joined web/w2", "worker-live web/w2"],
  );
});

test("a fresh controller is settled as soon as its settled peer told everything", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  a.registry.openSession(claimant("w1"), "x", new TestEnd());
  await gateway.time.run(5_000);
  a.registry.openSession(claimant("w2"), "x", new TestEnd());
  await gateway.time.run(100);
  const b = await gateway.start("controller-2");
  await gateway.time.run(100);
  assert.equal(b.registry.settled, true);
  assert.deepEqual(
    b.registry.views().map((view) => view.state),
    ["live", "live"],
  );
});

test("a session lost at a peer that had to drop its news is lost here with the peer's next snapshot", async () => {
  const gateway = new TestGateway();
  const [a, b] = [await gateway.start("controller-1"), await gateway.start("controller-2")];
  await gateway.time.run(1_000);
  const open = (id: string) => b.registry.openSession(claimant(id), id, new TestEnd());
  const [session] = ["w1", "w2", "w3"].map(open);
  await gateway.time.run(100);
  assert.deepEqual(a.registry.entry("web", "w1")?.worker.peers, ["controller-2-life"]);
  session?.lost();
  const dropped = outboundLimits.waitingItemsMax + 1;
  for (let count = 0; count < dropped; count += 1) b.peers.broadcast({ kind: "evidence", items: [] });
  await gateway.time.run(1_000);
  const holders = ["w1", "w2"].map((id) => a.registry.entry("web", id)?.worker.peers);
  assert.deepEqual(holders, [[], ["controller-2-life"]]);
});

test("a leader below the term that a proxy has seen leads again above it", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  await gateway.time.run(1_000);
  assert.equal(a.term, 1);
  gateway.ports(a).sawTable({ term: 41, revision: 1 }, "here");
  await gateway.time.run(3_000);
  assert.equal(a.leads, true);
  assert.ok(a.term > 41);
  assert.equal(a.registry.publisher.table()?.term, a.term);
});

test("a leader of the term that a proxy has seen, but with an older revision, leads again above it", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1");
  await gateway.time.run(1_000);
  gateway.ports(a).sawTable({ term: 1, revision: 1 }, "here");
  await gateway.time.run(1_000);
  assert.equal(a.term, 1);
  gateway.ports(a).sawTable({ term: 1, revision: 3 }, "here");
  await gateway.time.run(1_000);
  assert.equal(a.leads, true);
  const table = a.registry.publisher.table();
  assert.deepEqual([table?.term, table?.revision], [2, 1]);
});

test("who the controllers are: the same at each, whoever answers", async () => {
  const gateway = new TestGateway();
  const [a, b] = [await gateway.start("controller-1"), await gateway.start("controller-2")];
  await gateway.time.run(1_000);
  for (const one of [a, b]) {
    const reply = gateway.ports(one).controllers();
    assert.equal(reply.leader, "controller-1");
    assert.deepEqual(
      reply.controllers.map(({ name, role, self }) => `${name} ${role} ${self}`),
      [`controller-1 leader ${one === a}`, `controller-2 standby ${one === b}`],
    );
  }
});

test("services count their workers by state, configured or not", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1", trafficOf([serviceWith("web", [8_001, 8_002])]));
  await gateway.time.run(1_000);
  a.registry.heartbeat({ ...beat("w1"), service: "api" }, {}, "here");
  await gateway.time.run(100);
  const { services } = gateway.ports(a).services();
  assert.deepEqual(
    services.map(({ name, configured, workers }) => `${name} ${configured} ${workers.live}/${workers.total}`),
    ["api false 1/1", "web true 2/2"],
  );
});

test("a configured worker is not removed over the API", async () => {
  const gateway = new TestGateway();
  const a = await gateway.start("controller-1", trafficOf([serviceWith("web", [8_001])]));
  await gateway.time.run(1_000);
  await assert.rejects(
    () => gateway.ports(a).remove("web", "s8001"),
    (error) => error instanceof SkeinError && error.code === "invalid",
  );
});

test("statistics of a proxy reach the peers, and end with the proxy", async () => {
  const gateway = new TestGateway();
  const [a, b] = [await gateway.start("controller-1"), await gateway.start("controller-2")];
  await gateway.time.run(1_000);
  const report = {
    v: 1 as const,
    proxy: "proxy-1",
    instance: "x",
    connections: { open: 1, accepted: 1, refused: 0 },
    services: {},
    problems: {},
    retries: { taken: 0, denied: 0 },
    poisoned: {},
  };
  gateway.ports(a).statistics(report, "here");
  await gateway.time.run(100);
  assert.deepEqual(b.statistics.reports, [report]);
  await gateway.time.run(60_000);
  assert.deepEqual(b.statistics.reports, []);
});
