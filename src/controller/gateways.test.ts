import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressRules } from "../control/address-rules.ts";
import { createApp } from "../control/app.ts";
import { trustedCaller } from "../control/caller.ts";
import { RateLimit } from "../control/rate-limit.ts";
import type { WorkerReply } from "../protocol/discovery.ts";
import { MemoryPeerHub } from "../peers/memory-transport.ts";
import type { Presence } from "../protocol/presence.ts";
import { unconfiguredService } from "../registry/defaults.ts";
import { claimant, TestEnd, trafficOf } from "../registry/testing-registry.ts";
import { silentLogger } from "../runtime/logger.ts";
import { MemoryStore } from "../store/memory.ts";
import type { PresenceBoard, Store } from "../store/store.ts";
import { VirtualProcess } from "../testing/virtual-time.ts";
import type { Controller } from "./controller.ts";
import { Elsewhere } from "./elsewhere.ts";
import { plainReport } from "./metrics/testing-report.ts";
import { TestGateway } from "./testing-pair.ts";

const far = (id: string) => ({
  ...claimant(id),
  address: `10.0.0.5:${8000 + Number(id.slice(1))}`,
  ttlMs: 60_000,
});

/** Controllers of two gateways on two hosts; the first leads. */
async function twoHosts(): Promise<{ gateway: TestGateway; a: Controller; b: Controller }> {
  const gateway = new TestGateway();
  const a = await gateway.start("a/controller-1", undefined, "d1", { home: { gateway: "a", host: "h1" } });
  const b = await gateway.start("b/controller-1", undefined, "d1", {
    home: { gateway: "b", host: "h2" },
    ownListeners: ["10.0.0.5:8009"],
  });
  await gateway.time.run(1_000);
  return { gateway, a, b };
}

const states = ({ registry }: Controller): string[] =>
  registry.views().map(({ id, state }) => `${id}=${state}`);

test("an operator's change at a standby of another gateway is done by the leader, and answered from there", async () => {
  const { gateway, a, b } = await twoHosts();
  a.registry.heartbeat(far("w1"), {}, "here");
  await gateway.time.run(200);
  const leadership = gateway.ports(b).leadership();
  assert.ok(leadership.kind === "elsewhere");
  const answer = leadership.ask({ method: "POST", target: "/v1/workers/w1/drain", body: "" });
  await gateway.time.run(100);
  assert.equal((await answer).status, 200);
  assert.deepEqual([states(a), states(b)], [["w1=draining"], ["w1=draining"]]);
  const unknown = leadership.ask({ method: "POST", target: "/v1/workers/nobody/drain", body: "" });
  await gateway.time.run(100);
  assert.equal((await unknown).headers["x-skein-reason"], "worker-unknown");
});

test("an operator's change is about the worker that is known where it was asked, not about one of its name at the leader", async () => {
  const { gateway, a, b } = await twoHosts();
  const near = (id: string) => ({ ...far("w1"), id, address: "127.0.0.1:8081" });
  for (const { registry } of [a, b]) registry.heartbeat(near("w1"), {}, "here");
  b.registry.heartbeat(near("only-b"), {}, "here");
  await gateway.time.run(200);
  const app = createApp(gateway.ports(b), new AddressRules(), new RateLimit(b.options.clock, 10));
  const ask = async (method: string, target: string, body = ""): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    const init = { method, headers, ...(method === "POST" ? { body } : {}) };
    const answer = app.request(`/v1/workers/${target}`, init, { caller: trustedCaller });
    await gateway.time.run(100);
    const { worker } = (await (await answer).json()) as Partial<WorkerReply>;
    return [(await answer).status, worker?.id, worker?.state, worker?.weight];
  };
  assert.deepEqual(await ask("POST", "only-b/weight", '{"weight":0.5}'), [200, "only-b", "live", 0.5]);
  assert.deepEqual(await ask("POST", "only-b/drain"), [200, "only-b", "draining", 0.5]);
  assert.deepEqual([states(a), states(b)], [["w1=live"], ["w1=live", "only-b=draining"]]);
  assert.deepEqual(await ask("DELETE", "w1"), [200, "w1", "left", 1]);
  assert.deepEqual([states(a), states(b)], [["w1=live"], ["w1=left", "only-b=draining"]]);
});

test("a worker that a peer names at a listener of ours is none", async () => {
  const { gateway, a, b } = await twoHosts();
  for (const id of ["w1", "w9"]) a.registry.heartbeat(far(id), {}, "here");
  await gateway.time.run(200);
  assert.deepEqual([states(a), states(b)], [["w1=live", "w9=live"], ["w1=live"]]);
});

test("a life that begins later at another gateway is the later one, and has the higher number", async () => {
  const { gateway, a, b } = await twoHosts();
  const first = a.registry.openSession(far("w1"), "first", new TestEnd());
  await gateway.time.run(2_000);
  const second = b.registry.openSession(far("w1"), "second", new TestEnd());
  const [before, after] = [first, second].map(({ accepted }) => accepted.begunAtMs ?? 0);
  assert.ok(before! < after!, `${before} ${after}`);
  assert.ok(second.accepted.generation > first.accepted.generation);
});

test("statistics of another gateway's proxies are not told here", async () => {
  const { gateway, a, b } = await twoHosts();
  const report = { proxy: "proxy-1" } as unknown as Parameters<
    ReturnType<TestGateway["ports"]>["statistics"]
  >[0];
  gateway.ports(a).statistics(report, "here");
  await gateway.time.run(100);
  assert.deepEqual([a.statistics.reports.length, b.statistics.reports.length], [1, 0]);
});

test("from another host nobody tells of a gateway's own proxy", async () => {
  const { gateway, a } = await twoHosts();
  gateway.ports(a).statistics(plainReport, "here");
  const foreign = { ...plainReport, problems: { "no-route": 9 } };
  assert.throws(() => gateway.ports(a).statistics(foreign, "elsewhere"), { code: "forbidden" });
  assert.deepEqual(a.statistics.reports, [plainReport]);
});

test("a proxy of a host without controllers that goes to another gateway is told there alone", async () => {
  const { gateway, a, b } = await twoHosts();
  const report = { ...plainReport, proxy: "edge:proxy-1", leaving: false };
  const told = (): number[] => [a, b].map(({ statistics }) => statistics.reports.length);
  gateway.ports(a).statistics(report, "elsewhere");
  await gateway.time.run(100);
  assert.deepEqual(told(), [1, 0]);
  gateway.ports(b).statistics(report, "elsewhere");
  await gateway.time.run(100);
  assert.deepEqual(told(), [0, 1]);
});

test("each host that reads its configuration again is told of its own files, whoever leads and whatever the others have", async () => {
  const { gateway, a, b } = await twoHosts();
  const reload = async (controller: Controller, digest: string): Promise<void> => {
    const ca = { file: "/ca.pem", digest };
    const traffic = trafficOf([{ ...unconfiguredService("web"), tls: { ca, verify: true } }]);
    const certificates = [{ cert: "/a.pem", key: "/a.key", digest }];
    traffic.proxy = {
      ...traffic.proxy,
      receptions: { ":443": { kind: "https", certificates, minVersion: "TLSv1.2" } },
    };
    controller.configure({ traffic, digest });
    await gateway.time.run(1_000);
  };
  /** What the proxies of each are told, `certificate authorities`; with a digest of the stored one where that is another. */
  const told = (): string[] =>
    [a, b].map(({ registry }) => {
      const { proxy, services } = registry.publisher.table()!;
      const reception = proxy.receptions?.[":443"];
      const files = reception?.kind === "https" ? reception.certificates[0] : undefined;
      const words = [files, services["web"]?.tls?.ca].map((file) => `${file?.digest}(${file?.stored ?? ""})`);
      return words.join(" ");
    });
  await reload(b, "old");
  await reload(a, "old");
  assert.deepEqual(told(), ["old() old()", "old() old()"]);
  await reload(a, "new");
  assert.deepEqual(told(), ["new() new()", "old(new) old(new)"], "a renewed file comes first to the leader");
  await reload(b, "new");
  assert.deepEqual(told(), ["new() new()", "new() new()"]);
  await reload(b, "other");
  assert.deepEqual(told(), ["new() new()", "other(new) other(new)"], "each host has files of its own");
  gateway.kill(a);
  await gateway.time.run(60_000);
  assert.equal(b.leads, true);
  assert.deepEqual(told()[1], "other() other()");
});

test("another gateway leads where the leader is known to be one of its controllers, heard or told of in the store", async () => {
  const { a, b } = await twoHosts();
  const ledElsewhere = (of: Controller): boolean | undefined => of.configured().configured?.ledElsewhere;
  assert.deepEqual([ledElsewhere(a), ledElsewhere(b)], [false, true]);
  // The seat of one that was killed outlives it.
  const gateway = new TestGateway();
  gateway.content.leadership = { holder: "ended", term: 3, beat: 0 };
  const store = Object.assign(new MemoryStore(gateway.content) as Store, {
    silence: { judge: "store", leaseMs: 6_000, toldUntil: () => 0 } as const,
  });
  const home = { gateway: "b", host: "h2" };
  const presence: PresenceBoard = { announce: () => {}, others: () => present, onChange: () => {} };
  let present: Presence[] = [];
  const elsewhere = new Elsewhere({
    controller: "b/controller-1-life",
    home,
    presence,
    clock: new VirtualProcess(gateway.time).clock,
    logger: silentLogger,
    ca: () => undefined,
    here: new MemoryPeerHub().transport("b/controller-1"),
  });
  const next = await gateway.start("b/controller-1", undefined, "d2", { home, store, elsewhere });
  await gateway.time.run(1_000);
  assert.deepEqual([next.leads, ledElsewhere(next)], [false, false], "nobody knows it");
  const ended = { controller: "ended", url: "http://10.0.0.1:7601", key: "k", clock: 0 };
  present = [{ ...ended, ...home, name: "b/controller-2" }];
  assert.equal(ledElsewhere(next), false);
  present = [{ ...ended, name: "a/controller-1", gateway: "a", host: "h1" }];
  assert.equal(ledElsewhere(next), true);
});
