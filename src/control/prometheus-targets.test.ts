import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayTargets, workerTargets } from "./prometheus-targets.ts";
import { workerView } from "./testing-ports.ts";

const here = { loopback: true };

test("each controller for itself, each gateway once", () => {
  const targets = gatewayTargets([
    { name: "b/controller-1", gateway: "b", url: "https://10.0.0.2:7601" },
    { name: "a/controller-2", gateway: "a", url: "http://10.0.0.1:7602" },
    { name: "a/controller-1", gateway: "a", url: "http://10.0.0.1:7601" },
    { name: "c/controller-1", gateway: "c", url: "" },
  ]);
  assert.deepEqual(
    targets.map(({ targets: [at], labels }) => {
      return `${labels["__scheme__"]}://${at}?part=${labels["__param_part"]} ${labels["instance"]}`;
    }),
    [
      "http://10.0.0.1:7601?part=gateway a",
      "http://10.0.0.1:7601?part=controller a/controller-1",
      "http://10.0.0.1:7602?part=controller a/controller-2",
      "https://10.0.0.2:7601?part=gateway b",
      "https://10.0.0.2:7601?part=controller b/controller-1",
    ],
  );
});

test("a worker is scraped where it says that its metrics are", () => {
  const worker = { ...workerView("orders", "o-1"), address: "[::1]:81", zone: "z" };
  const at = (metadata: Record<string, string>, state = worker.state): string[] =>
    workerTargets([{ ...worker, metadata, state }], here).map(
      ({ targets: [address], labels }) => `${address}${labels["__metrics_path__"]}`,
    );
  assert.deepEqual(at({ "metrics-port": "9100" }), ["[::1]:9100/metrics"]);
  assert.deepEqual(at({ "metrics-path": "/internal/metrics" }), ["[::1]:81/internal/metrics"]);
  assert.deepEqual(at({}), []);
  assert.deepEqual(at({ "metrics-port": "9100" }, "dead"), []);
  for (const hostile of [
    { "metrics-port": "0" },
    { "metrics-port": "99999" },
    { "metrics-port": "80@evil.example" },
    { "metrics-path": "metrics" },
    { "metrics-path": "/m?x=1" },
    { "metrics-path": "/m\nx" },
  ]) {
    assert.deepEqual(at(hostile as Record<string, string>), [], JSON.stringify(hostile));
  }
  assert.deepEqual(workerTargets([{ ...worker, metadata: { "metrics-port": "9100" } }], here)[0]?.labels, {
    __metrics_path__: "/metrics",
    instance: "orders/o-1",
    service: "orders",
    worker: "o-1",
    zone: "z",
  });
});

test("a Prometheus on another host is not told of workers at loopback addresses", () => {
  const metadata = { "metrics-port": "9100" };
  const workers = ["127.0.0.1:81", "10.0.0.5:81"].map((address) => ({
    ...workerView("orders", address),
    address,
    metadata,
  }));
  const told = (caller: { loopback: boolean }): string[] =>
    workerTargets(workers, caller).map(({ targets: [at] }) => at);
  assert.deepEqual(told(here), ["127.0.0.1:9100", "10.0.0.5:9100"]);
  assert.deepEqual(told({ loopback: false }), ["10.0.0.5:9100"]);
});
