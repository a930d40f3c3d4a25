import assert from "node:assert/strict";
import { test } from "node:test";
import { testService } from "../proxy/testing/testing-table.ts";
import { trafficOf } from "../registry/testing-registry.ts";
import type { Service, TrafficConfiguration } from "./configuration.ts";
import { sameButFiles } from "./files-here.ts";

function traffic(digest: string, service: Partial<Service> = {}): TrafficConfiguration {
  const of = trafficOf([testService(service)]);
  const certificates = [{ cert: "/a.pem", key: "/a.key", digest }];
  const receptions = { ":443": { kind: "https", certificates, minVersion: "TLSv1.2" } } as const;
  return { ...of, proxy: { ...of.proxy, receptions } };
}

const subsetOf = (digest: string): Partial<Service> => ({
  subsets: { canary: { metadata: { digest }, otherwise: "none" } },
});
const workerOf = (stored: string): Partial<Service> => ({
  workers: [{ id: "w", address: "10.0.0.5:80", weight: 1, metadata: { stored } }],
});
const filesOf = (digest: string, file = "/ca.pem"): Partial<Service> => ({
  tls: { verify: true, ca: { file, digest } },
  sticky: { cookie: "c", attributes: "", keyFile: { file: "/sticky.key", digest } },
});

for (const [what, one, other, same] of [
  ["certificates", traffic("a"), traffic("b"), true],
  ["the authority and the key of a service", traffic("a", filesOf("a")), traffic("a", filesOf("b")), true],
  ["a path", traffic("a", filesOf("a")), traffic("a", filesOf("a", "/other.pem")), false],
  ["a subset's metadata", traffic("a", subsetOf("a")), traffic("a", subsetOf("b")), false],
  ["a worker's metadata", traffic("a", workerOf("a")), traffic("a", workerOf("b")), false],
] as const) {
  test(`configurations that differ in ${what} ${same ? "say the same" : "are two"}`, () =>
    assert.equal(sameButFiles(one, other), same));
}
