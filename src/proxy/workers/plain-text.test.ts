import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkerTls } from "../../protocol/configuration.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";
import { PlainTextNotice } from "./plain-text.ts";
import { Worker } from "./worker.ts";

const sealed: LinkAddress = { port: 9, key: "5".repeat(64), sealed: true };
const { key, port } = sealed;
const tls: WorkerTls = { verify: true };

const cases: [
  name: string,
  host: string,
  link: LinkAddress | undefined,
  tls: WorkerTls | undefined,
  says: boolean,
][] = [
  ["plain HTTP on another host", "10.0.0.4", undefined, undefined, true],
  ["by IPv6", "[2001:db8::4]", undefined, undefined, true],
  ["a link in clear on another host", "10.0.0.4", { port, key }, undefined, true],
  ["a sealed link", "10.0.0.4", sealed, undefined, false],
  ["a service with TLS", "10.0.0.4", undefined, tls, false],
  ["on this host", "127.0.0.1", undefined, undefined, false],
  ["on this host, by IPv6", "[::1]", undefined, undefined, false],
];

for (const [name, host, link, tls, says] of cases) {
  test(`plain text is told of, once: ${name}`, () => {
    const told: object[] = [];
    const notice = new PlainTextNotice({ ...silentLogger, warn: (fields) => void told.push(fields) });
    for (const id of ["one", "other"]) {
      const worker = new Worker(testWorkerRow(1, { id, address: `${host}:8081` }), 0);
      if (link !== undefined) worker.takeLink(link);
      worker.takeSettings(testService(tls === undefined ? {} : { tls }), undefined);
      notice.consider(worker);
    }
    assert.deepEqual(told, says ? [{ service: "web", worker: "one", address: `${host}:8081` }] : []);
  });
}
