import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerItem } from "../protocol/peer.ts";
import { parsePeerItem } from "./parse-item.ts";

const life = { service: "web", id: "w1", generation: 1, begunAtMs: 12.5 };
const worker = {
  ...life,
  address: "10.0.0.5:8081",
  ttlMs: 3000,
  weight: 1,
  tags: ["a"],
  metadata: { k: "v" },
};
const whole: PeerItem[] = [
  { kind: "heartbeat", beat: { ...worker, version: "1", zone: "a", maxInFlight: 5 }, load: { inFlight: 1 } },
  {
    kind: "session",
    worker: { ...worker, link: { port: 9, key: "0".repeat(64) } },
    held: true,
    blocked: false,
  },
  { kind: "session", worker: { ...worker, id: "[::1]:8081" }, held: false, blocked: false },
  { kind: "left", ...life },
  { kind: "draining", service: "web", id: "w1", generation: 0 },
  { kind: "generation", ...life },
  { kind: "generation", ...life, left: true },
  { kind: "state", ...life, state: "live", forMs: 12.5, atLeast: false },
  { kind: "state", ...life, state: "suspect", cause: "refused", forMs: 0, atLeast: true },
  { kind: "evidence", items: [{ service: "web", id: "w1", address: "a:1", generation: 1, kind: "refused" }] },
  { kind: "proxy-here", proxy: "edge:proxy-1" },
];
for (const item of whole) {
  test(`whole: ${JSON.stringify(item).slice(0, 70)}`, () => assert.deepEqual(parsePeerItem(item), item));
}

const session = (change: object): object => ({ ...whole[1], worker: { ...worker, ...change } });
const bad: unknown[] = [
  undefined,
  null,
  "left",
  [],
  {},
  { kind: "rumour" },
  { kind: "left", service: "web", id: "w1" },
  { kind: "left", ...life, id: "a/b" },
  { kind: "left", ...life, id: "a\nb" },
  { kind: "left", ...life, id: "" },
  { kind: "left", ...life, generation: -1 },
  { kind: "left", ...life, generation: 1.5 },
  { kind: "left", ...life, begunAtMs: "now" },
  { kind: "state", ...life, state: "asleep", forMs: 1, atLeast: false },
  { kind: "state", ...life, state: "live", forMs: -1, atLeast: false },
  { kind: "state", ...life, state: "live", forMs: 1 },
  { kind: "state", ...life, state: "suspect", cause: "a\nb", forMs: 1, atLeast: false },
  { kind: "heartbeat", beat: worker },
  { kind: "heartbeat", beat: worker, load: { inFlight: "many" } },
  { kind: "heartbeat", beat: null, load: {} },
  { ...whole[1], held: "yes" },
  session({ address: 7 }),
  session({ address: "a".repeat(301) }),
  session({ ttlMs: Number.NaN }),
  session({ weight: -1 }),
  session({ tags: "a" }),
  session({ tags: Array.from({ length: 33 }, () => "a") }),
  session({ tags: ["\u001b[31m"] }),
  session({ metadata: { k: 1 } }),
  session({ metadata: [] }),
  session({ metadata: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`k${n}`, "v"])) }),
  session({ metadata: { k: "v".repeat(4097) } }),
  session({ link: { port: 0, key: "0".repeat(64) } }),
  session({ link: { port: 9, key: "secret" } }),
  session({ maxInFlight: -1 }),
  { kind: "evidence", items: [{ service: "web", id: "w1", address: "a:1", generation: 1, kind: "bored" }] },
  { kind: "evidence", items: {} },
  { kind: "statistics" },
  { kind: "proxy-here", proxy: "a\nb" },
  { kind: "event" },
];
for (const item of bad) {
  test(`left out: ${JSON.stringify(item)?.slice(0, 90)}`, () => assert.equal(parsePeerItem(item), undefined));
}
