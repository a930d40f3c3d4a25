import assert from "node:assert/strict";
import { test } from "node:test";
import type { TraceSettings } from "../protocol/configuration.ts";
import type { TracesConfig } from "./config.ts";
import { keyText } from "./issues.ts";
import { printedValues } from "./printed-values.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

const endpoint = "http://127.0.0.1:4318/v1/traces";
const plain: TraceSettings = {
  endpoint,
  share: 0.01,
  follow: "anyone",
  resource: { "service.name": "skein" },
  queueMax: 4_096,
  batchMax: 512,
  everyMs: 1_000,
  timeoutMs: 10_000,
};

const cases: [
  what: string,
  written: false | TracesConfig | undefined,
  expected: TraceSettings | undefined,
][] = [
  ["nothing", undefined, undefined],
  ["false", false, undefined],
  ["an endpoint alone: its usual path", { endpoint: "http://127.0.0.1:4318" }, plain],
  [
    "a whole URL",
    { endpoint: "https://o.example/api/otlp?" },
    { ...plain, endpoint: "https://o.example/api/otlp?" },
  ],
  [
    "everything",
    {
      endpoint: "https://collector:4318/",
      headersFile: "otlp.headers",
      ca: "ca.pem",
      share: 1,
      follow: "trusted",
      service: "shop",
      attributes: { "deployment.environment.name": "test" },
      queue: 10,
      batch: 5,
      every: "2s",
      timeout: 500,
    },
    {
      endpoint: "https://collector:4318/v1/traces",
      headersFile: "/conf/otlp.headers",
      caFile: "/conf/ca.pem",
      share: 1,
      follow: "trusted",
      resource: { "service.name": "shop", "deployment.environment.name": "test" },
      queueMax: 10,
      batchMax: 5,
      everyMs: 2_000,
      timeoutMs: 500,
    },
  ],
];

for (const [what, traces, expected] of cases) {
  test(`traces: ${what}`, () => {
    const resolved = resolveConfiguration({ traces }, testSurroundings);
    assert.ok(resolved.ok);
    assert.deepEqual(resolved.configuration.traffic.proxy.traces, expected);
    const printed = printedValues(resolved.configuration);
    assert.equal(printed["traces.endpoint"], expected?.endpoint ?? false);
    assert.equal(printed["traces.share"], expected?.share ?? 0.01);
  });
}

const wrong: [traces: object, path: string, says: RegExp][] = [
  [{}, "traces", /endpoint/],
  [{ endpoint: "collector" }, "traces.endpoint", /is no URL; write "http:/],
  [{ endpoint: "grpc://collector:4317" }, "traces.endpoint", /not over "grpc:"/],
  [{ endpoint: "http://me:secret@collector" }, "traces.endpoint", /may be a secret/],
  [{ endpoint: "http://collector?key=secret" }, "traces.endpoint", /may be a secret/],
  [{ endpoint, ca: "ca.pem" }, "traces.ca", /write https:/],
  [{ endpoint: "https://collector", ca: "bad.pem" }, "traces.ca", /is bad/],
  [{ endpoint, share: 1.5 }, "traces.share", /1/],
  [{ endpoint, follow: "nobody" }, "traces.follow", /./],
  [{ endpoint, service: "" }, "traces.service", /empty/],
  [{ endpoint, attributes: { "": "a" } }, "traces.attributes", /1 to 255/],
  [{ endpoint, attributes: { a: "b".repeat(1_025) } }, "traces.attributes.a", /1024/],
  [{ endpoint, queue: 0 }, "traces.queue", /1/],
  [{ endpoint, every: "1x" }, "traces.every", /no duration/],
  [{ endpoint, headers: { authorization: "secret" } }, "traces", /"headers" is unknown/],
];

for (const [traces, path, says] of wrong) {
  test(`traces ${JSON.stringify(traces).slice(0, 80)} cannot be`, () => {
    const resolved = resolveConfiguration({ traces }, testSurroundings);
    assert.ok(!resolved.ok);
    const [issue, ...more] = resolved.issues;
    assert.deepEqual(more, []);
    assert.ok(keyText(issue?.path ?? []).startsWith(path), keyText(issue?.path ?? []));
    assert.match(issue?.message ?? "", says);
    assert.doesNotMatch(issue?.message ?? "", /secret@|=secret/);
  });
}

test("secrets that go over the network in clear are warned of", () => {
  const warned = (endpointText: string): string[] => {
    const traces = { endpoint: endpointText, headersFile: "headers" };
    const resolved = resolveConfiguration({ traces }, testSurroundings);
    assert.ok(resolved.ok);
    return resolved.warnings.map(({ path }) => keyText(path));
  };
  assert.deepEqual(warned("http://10.0.0.9:4318"), ["traces.headersFile"]);
  assert.deepEqual(warned("http://127.0.0.1:4318"), []);
  assert.deepEqual(warned("https://10.0.0.9:4318"), []);
});
