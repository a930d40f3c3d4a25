import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it, type TestContext } from "node:test";
import type { TokensReply } from "../../src/protocol/join-token.ts";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { allReady, eventually, kill } from "./harness.ts";
import { type Host, HostNetwork, missingNamespaces } from "./host-network.ts";
import {
  HostGateway,
  startEtcd,
  startProxiesAt,
  startWorkerAt,
  TestClusterAuthority,
} from "./several-hosts.ts";

const joined = new URL("./worker-apps/joined.ts", import.meta.url).pathname;

describe("gateways on several hosts", { skip: missingNamespaces() || missingEtcd() }, () => {
  it("a worker that joins one is served by both, and what is said at one counts at both", async (t) => {
    const { a, b, workers, ca } = await twoGateways(t);
    const { controllers } = await b.untilControllers(2);
    assert.deepEqual(controllers.map(({ role }) => role).sort(), ["leader", "standby"]);
    const worker = await startWorkerAt(t, workers, 8081, "w1");

    const headers = { authorization: `Bearer ${a.token}` };
    const body = JSON.stringify({ service: "web", id: "w1", address: worker, ttlMs: 600_000 });
    const beat = workers.ask(`${a.control}/v1/heartbeat`, { method: "POST", headers, body, ca });
    assert.equal(beat.status, 200, beat.text);
    const told = (JSON.parse(beat.text) as { controllers: string[] }).controllers;
    const hosts = told.map((url) => new URL(url).hostname);
    assert.deepEqual(hosts, [a.host.address, b.host.address]);
    for (const at of [a, b]) {
      await at.untilStates("w1=live");
      assert.equal(at.served().text, "w1");
    }
    assert.equal(a.change("/v1/workers/w1/drain").status, 200);
    for (const at of [a, b]) await at.untilStates("w1=draining");
    assert.equal(b.change("/v1/workers/w1/undrain").status, 200);
    for (const at of [a, b]) await at.untilStates("w1=live");

    // The hosts lose each other, but neither the store nor the worker: both serve on.
    const before = [a.peerChanges(), b.peerChanges()];
    a.host.cut(b.host);
    for (const at of [a, b]) await at.untilPeerChanges({ up: 0, down: 1 });
    assert.deepEqual([a.served().text, b.served().text], ["w1", "w1"]);
    a.host.heal(b.host);
    for (const [index, at] of [a, b].entries())
      await at.untilPeerChanges({ up: before[index]!.up + 1, down: 1 });
    for (const at of [a, b]) await at.untilStates("w1=live");
    assert.equal(b.change("/v1/workers/w1/drain").status, 200);
    await a.untilStates("w1=draining");

    await a.gateway.stop();
    const left = await b.untilControllers(1);
    assert.equal(left.controllers[0]?.role, "leader");
    assert.equal(b.change("/v1/workers/w1/undrain").status, 200);
    assert.equal(b.served().text, "w1");
  });

  it("an SDK worker of a third host joins by a token, is lost and found at both, and cut when it is revoked", async (t) => {
    const { a, b, workers, ca } = await twoGateways(t);
    const join = (token: string): ChildProcess => joinAt(t, workers, a.control, ca, token);
    const beat = JSON.stringify({ service: "orders", address: ":8081" });
    const headers = { authorization: `Bearer skein-worker-00000000-${"0".repeat(64)}` };
    assert.equal(
      workers.ask(`${a.control}/v1/heartbeat`, { method: "POST", headers, body: beat, ca }).status,
      401,
    );
    assert.equal(workers.ask(`${a.control}/v1/workers`, { ca }).status, 401);
    // In plain text nothing is answered, and who does not know the authority trusts nobody.
    assert.equal(workers.ask(`http://${a.host.address}:7600/v1/workers`).status, 0);
    assert.match(workers.ask(`${a.control}/v1/workers`).error, /certificate/);

    const made = b.skein("token", "create", "--service", "orders");
    assert.equal(made.code, 0, made.error);
    const worker = join(made.out.trim());
    for (const at of [a, b]) {
      await at.untilStates("sdk=live");
      await eventually(
        () => at.workers()[0]?.session || undefined,
        () => `it holds a session with ${at.host.name}`,
      );
    }
    // Killed: both see it at once, long before any lease ends.
    worker.kill("SIGKILL");
    for (const at of [a, b]) {
      await eventually(
        () => at.states() !== "sdk=live" || undefined,
        () => "it is out",
      );
    }
    join(made.out.trim());
    for (const at of [a, b]) await at.untilStates("sdk=live");
    const { tokens } = JSON.parse(a.skein("token", "list", "--json").out) as TokensReply;
    assert.equal(a.skein("token", "revoke", tokens[0]?.id ?? "").code, 0);
    for (const at of [a, b]) {
      await eventually(
        () => at.states() === "sdk=left" || undefined,
        () => `it is taken out: ${at.states()}`,
      );
    }
  });

  it("when the controllers of all hosts have ended at once, a worker whose token is over comes back to those that follow", async (t) => {
    const { a, b, workers, ca } = await twoGateways(t);
    const token = a.skein("token", "create", "--service", "orders", "--expires", "10s").out.trim();
    joinAt(t, workers, a.control, ca, token);
    for (const at of [a, b]) await at.untilStates("sdk=live");
    const { tokens } = JSON.parse(a.skein("token", "list", "--json").out) as TokensReply;
    await eventually(
      () => Date.parse(tokens[0]?.expiresAt ?? "") <= Date.now() || undefined,
      () => "the token is over",
    );
    await Promise.all([a.gateway.kill(), b.gateway.kill()]);
    for (const at of [a, b]) {
      at.gateway.up();
      await at.gateway.until("every process is ready", allReady);
    }
    for (const at of [a, b]) {
      await eventually(
        () => at.workers().some(({ id, state }) => id === "sdk" && state === "live") || undefined,
        () => `it is back: ${at.states()}\n${at.gateway.log()}`,
      );
    }
  });

  it("a host with proxies only follows any controller, moves on when it dies, and starts with what it knew", async (t) => {
    const { a, b, workers, edge, ca } = await twoGateways(t);
    const address = await startWorkerAt(t, workers, 8081, "w1");
    const headers = { authorization: `Bearer ${a.token}` };
    const body = JSON.stringify({ service: "web", id: "w1", address, ttlMs: 600_000 });
    assert.equal(workers.ask(`${a.control}/v1/heartbeat`, { method: "POST", headers, body, ca }).status, 200);
    for (const at of [a, b]) await at.untilStates("w1=live");

    const token = a.skein("token", "create", "--scope", "gateway").out.trim();
    const proxies = await startProxiesAt(t, edge, [a, b], token, ca);
    const served = (): string => edge.ask(`http://${edge.address}:8080/`).text;
    await eventually(
      () => served() === "w1" || undefined,
      () => `it is served: ${served()}\n${proxies.log()}`,
    );
    // One whole host is gone, and then the other: the proxies serve on, by what they follow or by what they know.
    const answers: string[] = [];
    for (const pid of a.gateway.processes()) kill(pid, "SIGKILL");
    for (let count = 0; count < 20; count += 1) answers.push(served());
    await b.untilControllers(1);
    assert.equal(b.change("/v1/workers/w1/weight", { weight: 2 }).status, 200);
    await eventually(
      () => readFileSync(proxies.places.tableFile, "utf8").includes('"weight":2') || undefined,
      () => `what the other controller says has come\n${proxies.log()}`,
    );
    for (const pid of b.gateway.processes()) kill(pid, "SIGKILL");
    for (let count = 0; count < 20; count += 1) answers.push(served());
    assert.deepEqual(new Set(answers), new Set(["w1"]));

    for (const pid of proxies.processes()) kill(pid, "SIGKILL");
    proxies.up();
    await eventually(
      () => served() === "w1" || undefined,
      () => `it is served with no controller anywhere\n${proxies.log()}`,
    );
    assert.match(proxies.log(), /last known routing table/);
  });

  it("a worker at a loopback address is one of its own host's, whatever has its name elsewhere", async (t) => {
    const { a, b, ca } = await twoGateways(t);
    for (const at of [a, b]) {
      const name = `of ${at.host.name}`;
      await startWorkerAt(t, at.host, 8081, name, "127.0.0.1");
      const body = JSON.stringify({ service: "web", address: "127.0.0.1:8081", ttlMs: 600_000 });
      assert.equal(at.host.ask(`${at.control}/v1/heartbeat`, { method: "POST", body, ca }).status, 200);
      await at.untilStates("127.0.0.1:8081=live");
      assert.equal(at.served().text, name);
    }
    // That the one of a leaves is told to b, and is not about b's.
    const headers = { authorization: `Bearer ${a.token}` };
    const gone = a.host.ask(`${a.control}/v1/workers/127.0.0.1:8081`, { method: "DELETE", headers, ca });
    assert.equal(gone.status, 200, gone.text);
    await a.untilStates("127.0.0.1:8081=left");
    assert.deepEqual([b.states(), b.served().text], ["127.0.0.1:8081=live", "of b"]);
  });
});

/** A worker `sdk` of the service `orders`. */
function joinAt(t: TestContext, host: Host, control: string, ca: string, token: string): ChildProcess {
  return host.run(t, [process.execPath, "--conditions=skein-source", joined], {
    SKEIN_CONTROL: control,
    SKEIN_CA: ca,
    SKEIN_JOIN_TOKEN: token,
    SKEIN_ID: "sdk",
    SKEIN_HOST: host.address,
  });
}

async function twoGateways(
  t: TestContext,
): Promise<{ a: HostGateway; b: HostGateway; workers: Host; edge: Host; ca: string }> {
  const network = new HostNetwork(t, ["store", "a", "b", "workers", "edge"]);
  const store = `etcd://${await startEtcd(t, network.host("store"))}`;
  const authority = new TestClusterAuthority(t);
  const a = await HostGateway.start(t, network, "a", authority, { store, controllers: 1 });
  const b = await HostGateway.start(t, network, "b", authority, { store, controllers: 1 });
  for (const at of [a, b]) await at.untilControllers(2);
  return { a, b, workers: network.host("workers"), edge: network.host("edge"), ca: authority.file };
}
