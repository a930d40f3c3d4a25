import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reception } from "../../protocol/configuration.ts";
import type { TableFrame } from "../../protocol/routing-table.ts";
import { frameHere } from "./far-table.ts";
import { testTable, testWorkerRow } from "../testing/testing-table.ts";

const near = { ...testWorkerRow(1), id: "near", address: "127.0.0.1:8081" };
const far = { ...testWorkerRow(2), id: "far", address: "10.0.0.5:8081" };
const ids = (workers: readonly { id: string }[]): string[] => workers.map(({ id }) => id);

test("workers at loopback addresses of another host are none here, in whichever frame they come", () => {
  const table = { ...testTable({}), workers: [near, far] };
  const full = frameHere({ kind: "full", table }, {});
  assert.ok(full.kind === "full");
  assert.deepEqual(ids(full.table.workers), ["far"]);
  const more = frameHere({ kind: "more", routes: [], workers: [near, far], more: false }, {});
  assert.deepEqual(more.kind === "more" && ids(more.workers), ["far"]);
  const delta: TableFrame = {
    kind: "delta",
    sequence: 2,
    term: 1,
    settled: true,
    upserts: [near, far],
    removals: [{ service: "web", id: "gone" }],
  };
  const here = frameHere(delta, {});
  // Who is at a loopback address now may have been at another one before.
  assert.deepEqual(here.kind === "delta" && [ids(here.upserts), ids(here.removals)], [
    ["far"],
    ["gone", "near"],
  ]);
});

test("what clients find at this host's listeners is said by this host", () => {
  const table = testTable({});
  table.proxy = { ...table.proxy, receptions: { ":8080": { kind: "http" }, ":1": { kind: "http" } } };
  const full = frameHere({ kind: "full", table }, { ":8080": { kind: "redirect", port: 443 } });
  assert.ok(full.kind === "full");
  assert.deepEqual(full.table.proxy.receptions, {
    ":8080": { kind: "redirect", port: 443 },
    ":1": { kind: "http" },
  });
});

test("certificates that this host names are known here by what it has read, at whichever listener they stand", () => {
  const secure = (digest: string): Reception => ({
    kind: "https",
    certificates: [{ cert: "/a.pem", key: "/a.key", digest }],
    minVersion: "TLSv1.2",
  });
  const table = testTable({ proxy: { receptions: { ":1": secure("there") } } });
  const full = frameHere({ kind: "full", table }, { ":2": secure("here") });
  assert.ok(full.kind === "full");
  const [there, here] = Object.values(full.table.proxy.receptions ?? {}).flatMap((reception) =>
    reception.kind === "https" ? reception.certificates : [],
  );
  assert.deepEqual([there?.digest, there?.stored, here?.digest], ["here", "there", "here"]);
});
