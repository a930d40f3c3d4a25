import assert from "node:assert/strict";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { eventually, TestGateway } from "./harness.ts";
import { get, node, WorkerProcess } from "./worker-process.ts";

const apps = pathOf(import.meta.dirname, "worker-apps");

async function gatewayFor(t: TestContext): Promise<TestGateway> {
  return TestGateway.start(t, { configuration: { routes: { "/": "orders" }, proxies: 1 } });
}

/** As the proxies report it, once a second. */
async function metric(gateway: TestGateway, name: string): Promise<number> {
  const { body } = await get(`${gateway.controlUrl}/metrics`);
  const found = [...body.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, "gm"))];
  return found.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Until requests go over links; gives the answers on the way, which were all right. */
async function overLinks(gateway: TestGateway, links: number): Promise<Set<string>> {
  const answers = new Set<string>();
  await eventually(
    async () => {
      const { status, body } = await get(`${gateway.url}/`);
      if (status === 503 && answers.size === 0) return undefined;
      assert.equal(status, 200);
      answers.add(body);
      const open = await metric(gateway, "skein_links_open");
      return open >= links && answers.size >= links ? true : undefined;
    },
    () => `${links} links; answers: ${[...answers].join()}`,
  );
  return answers;
}

test("each process of node:cluster takes links of its own, and is reached by them", async (t) => {
  const gateway = await gatewayFor(t);
  const program = [...node, "--import", "skein/auto", pathOf(apps, "clustered.ts")];
  const primary = new WorkerProcess(t, program, {
    env: { SKEIN_CONTROL: gateway.controlUrl, SKEIN_SERVICE: "orders" },
  });
  await primary.line(/^child/);
  const answers = await overLinks(gateway, 2);
  const children = primary.lines.map((line) => line.replace("child", "answer of"));
  assert.deepEqual([...answers].sort(), children.sort());
  // The first request to each worker opens its link, and goes without: both may be open before one was used.
  await eventually(
    async () =>
      (await metric(gateway, "skein_link_requests_total")) > 0 ? true : void (await get(`${gateway.url}/`)),
    () => "requests over links that the proxy has reported",
  );
});

test("a link keeps no process alive: one that closes its server ends by itself", async (t) => {
  const gateway = await gatewayFor(t);
  const worker = new WorkerProcess(t, [...node, pathOf(apps, "quiet-end.ts")], {
    env: { SKEIN_CONTROL: gateway.controlUrl },
  });
  await overLinks(gateway, 1);
  worker.child.send("close");
  assert.deepEqual(await worker.exited, { code: 0, signal: null });
  assert.deepEqual(worker.lines, ["closed", "exit 0"]);
});

test("SKEIN_LINK=off: an unchanged worker is served over HTTP/1.1", async (t) => {
  const gateway = await gatewayFor(t);
  const worker = new WorkerProcess(t, [...node, pathOf(apps, "joined.ts")], {
    env: { SKEIN_CONTROL: gateway.controlUrl, SKEIN_LINK: "off" },
  });
  await worker.line(/^port/);
  await eventually(
    async () =>
      (await metric(gateway, "skein_requests_total")) >= 3 ? true : void (await get(`${gateway.url}/`)),
    () => "requests that the proxy has reported",
  );
  assert.equal(await metric(gateway, "skein_link_requests_total"), 0);
  assert.equal(await metric(gateway, "skein_links_failed_total"), 0);
});
