import assert from "node:assert/strict";
import { test } from "node:test";
import { explainRequest } from "../core/requests/why.ts";
import { type ProblemName, problems } from "../protocol/problem.ts";
import type { RequestReply, RequestsReply } from "../protocol/requests.ts";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { createApp } from "./app.ts";
import { type Caller, trustedCaller } from "./caller.ts";
import { RateLimit } from "./rate-limit.ts";
import { TestPorts } from "./testing-ports.ts";
import { sampleRecord } from "./testing-requests.ts";

const local: Caller = { trusted: false, address: "127.0.0.1", loopback: true, localAddress: "127.0.0.1" };
const json = { host: "127.0.0.1:7600", "content-type": "application/json" };

interface Asked {
  status: number;
  body: unknown;
}

function setUp(): {
  ports: TestPorts;
  ask: (path: string, body?: unknown, caller?: Caller) => Promise<Asked>;
} {
  const ports = new TestPorts();
  const rules = new AddressRules(async () => "127.0.0.1");
  const app = createApp(ports, rules, new RateLimit(systemClock, 10));
  return {
    ports,
    async ask(path, body, caller = local) {
      const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const answer = await app.request(
        `http://127.0.0.1:7600${path}`,
        { headers: json, ...sent },
        { caller },
      );
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    },
  };
}

test("recent requests are told with their causes, by what is wanted of them", async () => {
  const { ports, ask } = setUp();
  ports.recorded = [sampleRecord];
  const { body } = await ask("/v1/requests?kept=failed&code=no-live-worker&status=500&slowest=1&limit=7");
  const { v, requests, asked } = body as RequestsReply;
  assert.deepEqual([v, requests[0]?.id, requests[0]?.why.cause], [1, "4f2a-1", "worker-refused"]);
  assert.deepEqual(asked, { proxies: ["proxy-1", "proxy-2"], silent: [] });
  assert.deepEqual(ports.wanted, [
    { limit: 7, kept: "failed", code: "no-live-worker", status: 500, slowest: true },
  ]);
});

test("one by its id, whatever a trusted client made that of", async () => {
  const { ports, ask } = setUp();
  ports.recorded = [{ ...sampleRecord, id: "a/b:c=1+2@x" }];
  const { body } = await ask(`/v1/requests/${encodeURIComponent("a/b:c=1+2@x")}`);
  const { request } = body as RequestReply;
  assert.equal(request.id, "a/b:c=1+2@x");
  assert.match(request.why.what, /orders\/orders-1 refused the connection/);
});

test("a service that nobody serves any more: who was there is told, from every page of the events", async () => {
  const { ports, ask } = setUp();
  const { workers, ...record } = { ...sampleRecord, tries: [] };
  assert.ok(workers !== undefined);
  ports.recorded = [{ ...record, workers: { ...workers, workers: 0, out: 0, shown: [] } }];
  const event = { at: "2026-01-01T00:00:00.400Z", term: 1, service: "orders" };
  ports.stored.push(
    ...Array.from({ length: 1_500 }, (_, at) => {
      return { ...event, id: at + 1, kind: "worker-weight" as const, worker: `${at}`, message: "" };
    }),
    { ...event, id: 1_501, kind: "worker-left", worker: "o-1", message: "orders/o-1 left" },
  );
  const { request } = (await ask("/v1/requests/4f2a-1")).body as RequestReply;
  assert.match(request.why.what, /no worker any more. It had: at 00:00:00Z orders\/o-1 left\./);
});

test("one that nobody has kept says who was asked", async () => {
  const { ask } = setUp();
  const { status, body } = await ask("/v1/requests/none");
  assert.equal(status, 404);
  assert.equal((body as { code: string }).code, "request-unknown");
  assert.match((body as { detail: string }).detail, /2 proxies were asked/);
});

test("what is not understood is refused", async () => {
  const { ask } = setUp();
  for (const query of ["limit=1000", "kept=all", "status=x", "code=no-rout"]) {
    assert.equal((await ask(`/v1/requests?${query}`)).status, 400, query);
  }
});

test("records as they are, and proxies' answers, are for the gateway's own processes", async () => {
  const { ports, ask } = setUp();
  ports.recorded = [sampleRecord];
  assert.equal((await ask("/v1/records", { limit: 5 })).status, 401);
  assert.deepEqual((await ask("/v1/records", { limit: 5, id: "4f2a-1" }, trustedCaller)).body, {
    v: 1,
    records: [sampleRecord],
    asked: { proxies: ["proxy-1", "proxy-2"], silent: [] },
  });
  const answer = { v: 1, ask: "1", proxy: "proxy-1", records: [sampleRecord] };
  assert.equal((await ask("/v1/answers", answer)).status, 401);
  assert.equal((await ask("/v1/answers", answer, trustedCaller)).status, 204);
  assert.deepEqual(ports.answers, [answer], "nothing of a record is lost on its way");
  assert.equal((await ask("/v1/answers", { ...answer, ask: "2" }, trustedCaller)).status, 404);
  const wrong = { ...answer, records: [{ ...sampleRecord, at: "<script>" }] };
  assert.equal((await ask("/v1/answers", wrong, trustedCaller)).status, 400);
});

test("what goes from controller to controller has a length: the last records are left out", async () => {
  const { ports, ask } = setUp();
  ports.recorded = Array.from({ length: 200 }, (_, at) => ({
    ...sampleRecord,
    id: `${at}`,
    path: "/x".repeat(500),
  }));
  const { body } = await ask("/v1/records", { limit: 200 }, trustedCaller);
  const { records } = body as { records: { id: string }[] };
  assert.ok(records.length > 50 && records.length < 200, String(records.length));
  assert.equal(records[0]?.id, "0");
});

/** Answers of the control API, of redirects and questions, and of the SDK's client: no request of a client ends so at a proxy. */
const notOfProxies = new Set<ProblemName>([
  ...(["lastHop", "httpsRequired", "gatewayStopping", "gatewayUnreachable", "internal"] as const),
  ...(["invalid", "unauthorized", "forbidden", "addressForbidden", "hostForbidden", "notFound"] as const),
  ...([
    "requestUnknown",
    "workerUnknown",
    "workerAmbiguous",
    "generationOld",
    "addressTaken",
    "payloadTooLarge",
  ] as const),
  ...(["mediaType", "tooManyWorkers", "tooManyRequests", "noLeader", "storeFailed"] as const),
  ...(["nameLookupFailed", "nameElsewhere"] as const),
]);

test("every answer that a proxy makes has words of its own", () => {
  const names = (Object.keys(problems) as ProblemName[]).filter((name) => !notOfProxies.has(name));
  const wordless = names.filter((name) => {
    const { code, status } = problems[name];
    return explainRequest({ ...sampleRecord, code, status }).cause === "refused";
  });
  assert.deepEqual(wordless, []);
});
