import type { RequestKey, Route } from "../../src/protocol/configuration.ts";
import { until } from "../../src/proxy/testing/testing-peers.ts";
import {
  testRoute,
  testService,
  type TestTableParts,
  testWorkerRow,
} from "../../src/proxy/testing/testing-table.ts";
import { answered, type Fault, get, held, refusing, soon } from "./fault.ts";

const below = (path: string): Route["match"] => ({ ...testRoute().match, path: { kind: "prefix", path } });

/** All requests go to a subset that nobody stands in for. */
const toV2: TestTableParts = {
  services: [testService({ subsets: { v2: { version: "2", otherwise: "none" } } })],
  routes: [testRoute({ to: [{ service: "web", subset: "v2", weight: 1 }] })],
};

/** The second request with the same key within an hour. */
function overRate(key: RequestKey): Fault["provoke"] {
  return async (stage) => {
    const rateLimit = { requests: 1, perMs: 3_600_000, burst: 1, key };
    await held(stage, get, { routes: [testRoute({ rateLimit })] });
    const second = await stage.client();
    second.send(get);
    return answered(second);
  };
}

/** Between the route and the choice of a worker. */
export const serviceFaults: readonly Fault[] = [
  {
    name: "no route",
    cause: "no-route",
    todo: /Add a route.*skein route test GET \/orders\/7 --host x/,
    says: /Nearest: \/orders, for one \(header authorization is not "Bearer x", but another\), \/shop \(path .*is not "\/shop"/,
    provoke: refusing(get.replace("Host", "Authorization: Bearer secret\r\nHost"), {
      routes: [
        testRoute({
          name: "/orders, for one",
          match: { ...testRoute().match, headers: [{ name: "authorization", value: "Bearer x" }] },
        }),
        testRoute({
          name: "/shop",
          match: below("/shop"),
        }),
      ],
    }),
  },
  {
    name: "a proxy without a table",
    cause: "not-ready",
    todo: /skein leader/,
    async provoke(stage) {
      const me = await stage.client();
      me.send(get);
      return answered(me);
    },
  },
  {
    name: "a service without workers",
    cause: "no-worker",
    todo: /Start one that joins 'web'/,
    says: /'web' has no worker\./,
    provoke: refusing(get, { workers: [], ...soon }),
  },
  {
    name: "every worker is out",
    cause: "workers-out",
    todo: /skein ps -s web/,
    says: /w-9 \(reset\)/,
    provoke: refusing(get, {
      workers: [testWorkerRow(9, { state: { kind: "suspect", cause: "reset", strength: "hard" } })],
      ...soon,
    }),
  },
  {
    name: "every worker drains",
    cause: "workers-draining",
    todo: /skein undrain/,
    provoke: refusing(get, { workers: [testWorkerRow(9, { state: { kind: "draining" } })], ...soon }),
  },
  {
    name: "every worker has weight 0",
    cause: "workers-weightless",
    todo: /skein weight <id> reset/,
    provoke: refusing(get, { workers: [testWorkerRow(9, { weight: 0 })], ...soon }),
  },
  {
    name: "a subset of which there is no worker",
    cause: "no-worker",
    todo: /^Start one that belongs to subset 'v2' \(services\.web\.subsets\.v2\), or say in its `otherwise`/,
    says: /'web' has no worker of subset 'v2'/,
    provoke: refusing(get, { ...toV2, workers: [testWorkerRow(9, { version: "1" })], ...soon }),
  },
  {
    name: "every worker of a subset drains",
    cause: "workers-draining",
    todo: /skein undrain/,
    says: /'web:v2' is draining/,
    provoke: refusing(get, {
      ...toV2,
      workers: [
        testWorkerRow(8, { version: "1" }),
        testWorkerRow(9, { version: "2", state: { kind: "draining" } }),
      ],
      ...soon,
    }),
  },
  {
    name: "one worker has weight 0, the other drains",
    cause: "workers-weightless",
    todo: /skein weight <id> reset.*skein undrain/,
    says: /has weight 0, or is draining/,
    provoke: refusing(get, {
      workers: [testWorkerRow(8, { weight: 0 }), testWorkerRow(9, { state: { kind: "draining" } })],
      ...soon,
    }),
  },
  {
    name: "a full queue",
    cause: "queue-full",
    todo: /raise queue\.max or the workers' maxInFlight\.$/,
    todoOfMany: /raise queue\.max\. Where they have no maxInFlight/,
    says: /1 of 1 in flight.*queue\.max = 0/s,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 0, waitMs: 60_000 } })];
      await held(stage, get, { services });
      const second = await stage.client();
      second.send(get);
      return answered(second);
    },
  },
  {
    name: "too long in the queue",
    cause: "queue-timeout",
    todo: /raise queue\.wait or the workers' maxInFlight\.$/,
    todoOfMany: /raise queue\.wait\. Where they have no maxInFlight/,
    says: /queue\.wait = 30 ms/,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 5, waitMs: 30 } })];
      await held(stage, get, { services });
      const second = await stage.client();
      second.send(get);
      return answered(second);
    },
  },
  {
    name: "the route's time is over in the queue",
    cause: "queue-timeout",
    todo: /raise timeout of route '\/' or the workers' maxInFlight\.$/,
    todoOfMany: /raise timeout of route '\/'\. Where they have no maxInFlight/,
    says: /queue\.wait = 60 s.*route\.timeout = 40 ms/,
    async provoke(stage) {
      const routes = [
        testRoute({ name: "/orders", match: below("/orders") }),
        testRoute({ headTimeoutMs: 40 }),
      ];
      const services = [testService({ maxInFlight: 1, queue: { max: 5, waitMs: 60_000 } })];
      await held(stage, get, { routes, services });
      const second = await stage.client();
      second.send(get.replace("/orders/7", "/"));
      return answered(second);
    },
  },
  {
    name: "a place in the queue that a critical request takes",
    cause: "displaced",
    todo: /Start more workers of 'web', raise queue\.max/,
    says: /took the place of this one.*of a lower class/,
    async provoke(stage) {
      await held(stage, get, {
        routes: [testRoute({ priority: { use: "normal", header: "x-priority", raise: true } })],
        services: [testService({ maxInFlight: 1, queue: { max: 1, waitMs: 60_000 } })],
      });
      const waiting = await stage.client();
      waiting.send(get.replace("Host", "X-Priority: sheddable\r\nHost"));
      await until(() => stage.proxy.pool("web").line.length === 1, "it waits");
      const critical = await stage.client();
      critical.send(get.replace("Host", "X-Priority: critical\r\nHost"));
      return answered(waiting);
    },
  },
  {
    name: "the client's own time is over in the queue",
    cause: "deadline-passed",
    todo: /Give more time at the client/,
    says: /before a worker had it/,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 5, waitMs: 60_000 } })];
      await held(stage, get, { services });
      const second = await stage.client();
      second.send(get.replace("Host", "X-Skein-Budget: 40\r\nHost"));
      return answered(second);
    },
  },
  {
    name: "the client's own time is over when the only worker was lost with it",
    cause: "deadline-passed",
    todo: /Give more time at the client/,
    says: /while it waited for another worker than web\/w-\d+, which had had it \(reset\)/,
    async provoke(stage) {
      const parts = { timeouts: { noWorkerWaitMs: 60_000 } };
      const request = get.replace("Host", "X-Skein-Budget: 900\r\nHost");
      const { me, place } = await held(stage, request, parts);
      place.kill();
      return answered(me);
    },
  },
  {
    name: "a client over its route's rate",
    cause: "rate-limited",
    todo: /wait as Retry-After says/,
    says: /client 127\.0\.0\.1 asked more often than route '\/' allows/,
    provoke: overRate({ from: "address" }),
  },
  {
    name: "a tenant over its route's rate",
    cause: "rate-limited",
    todo: /wait as Retry-After says/,
    says: /^Requests with the same header:x-tenant as this one of 127\.0\.0\.1 came more often than route '\/' allows\..*without it/,
    provoke: overRate({ from: "header", name: "x-tenant" }),
  },
];
