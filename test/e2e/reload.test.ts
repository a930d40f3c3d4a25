import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { TwoGateways } from "../etcd/two-gateways.ts";
import { eventually, kill, startPlainWorker, TestGateway } from "./harness.ts";

test("`skein reload` returns when every proxy serves by what was read, and not before", async (t) => {
  const { address } = await startPlainWorker(t);
  const services = { web: { workers: [address], check: false } };
  const gateway = await TestGateway.start(t, {
    configuration: { services, routes: { "/old": "web" }, controllers: 1 },
  });
  const [controller = 0] = await gateway.pids("controller");
  await gateway.until(
    "it says that all is in force",
    ({ configuration }) => configuration.force?.kind === "in-force",
  );
  // What is read now nobody can write.
  kill(controller, "SIGSTOP");
  gateway.configure({ services, routes: { "/new": "web" }, controllers: 1 });
  const reloading = gateway.skein(["reload"]);
  const ended = once(reloading, "exit");
  await gateway.until("it waits", ({ configuration }) => configuration.force?.kind === "awaited");
  assert.equal(reloading.exitCode, null);
  assert.equal((await fetch(`${gateway.url}/new`)).status, 404);
  kill(controller, "SIGCONT");
  const [code] = await ended;
  assert.equal(code, 0, gateway.log());
  assert.equal((await fetch(`${gateway.url}/new`)).status, 200);
});

test(
  "where another gateway leads, `skein reload` says whose configuration counts",
  { skip: missingEtcd() },
  async (t) => {
    const { one, other, configuration } = await TwoGateways.start(t);
    const next = { ...configuration, routes: { "/new": "web" } };
    const reload = async (gateway: TestGateway): Promise<unknown> => {
      gateway.configure(next);
      const [code] = await once(gateway.skein(["reload"]), "exit");
      return code;
    };
    assert.equal(await reload(other), 0, other.log());
    assert.match(other.log(), /another gateway leads/);
    const isGone = async (gateway: TestGateway): Promise<boolean> =>
      (await fetch(`${gateway.url}/old`)).status === 404;
    assert.equal(await isGone(other), false);
    assert.equal(await reload(one), 0, one.log());
    assert.equal(await isGone(one), true);
    await eventually(
      async () => (await isGone(other)) || undefined,
      () => "it is in force at the other one",
    );
  },
);
