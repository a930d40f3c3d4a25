import assert from "node:assert/strict";
import { test } from "node:test";
import { routesReportedMax, servicesReportedMax } from "../../protocol/evidence.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testRoute, testWorkerRow } from "../testing/testing-table.ts";
import { Statistics } from "./statistics.ts";

test("services that came and went make way for others; with too many at once the newest are not told of", () => {
  const statistics = new Statistics();
  const told = (): string[] => Object.keys(statistics.report("proxy-1", "i").services);
  statistics.service("lasting");
  for (let n = 0; n < 2 * servicesReportedMax; n += 1) {
    statistics.service(`preview-${n}`);
    statistics.serviceGone(`preview-${n}`);
  }
  assert.equal(told().length, servicesReportedMax);
  assert.ok(told().includes("lasting"));
  assert.ok(told().includes(`preview-${2 * servicesReportedMax - 1}`));
  for (let n = 0; n < 2 * servicesReportedMax; n += 1) statistics.service(`here-${n}`);
  assert.equal(told().length, servicesReportedMax);
  assert.ok(told().includes("lasting") && told().includes("here-0"));
  assert.ok(!told().some((name) => name.startsWith("preview-")));
});

test("routes that came and went make way for others; one that is back stays", () => {
  const statistics = new Statistics();
  const told = (): string[] => Object.keys(statistics.report("proxy-1", "i").routes ?? {});
  statistics.route("lasting");
  statistics.route("idle");
  statistics.routesAre([]);
  for (let n = 0; n < 2 * routesReportedMax; n += 1) {
    statistics.routesAre(["lasting", "idle", `preview-${n}`].map((name) => ({ name })));
    assert.notEqual(statistics.route(`preview-${n}`), undefined);
  }
  assert.equal(told().length, routesReportedMax);
  assert.ok(told().includes("lasting") && told().includes("idle"));
  assert.ok(!told().includes("preview-0"));
});

test("a table says which routes there are", async (context) => {
  const { client, workers, table, proxy } = await proxyWithWorkers(context);
  workers[0]!.answerAll("ok");
  const me = await client();
  for (let n = 0; n <= routesReportedMax; n += 1) {
    table({ routes: [testRoute({ name: `route-${n}` })], workers: [testWorkerRow(workers[0]!.port)] });
    me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await me.message();
  }
  const { routes = {} } = proxy.report();
  assert.deepEqual(
    [routes["route-0"], routes[`route-${routesReportedMax}`]?.byStatusClass[1]],
    [undefined, 1],
  );
});
