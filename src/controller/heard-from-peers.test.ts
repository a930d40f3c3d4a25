import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerItem, PeerWorker } from "../protocol/peer.ts";
import { isCircle } from "./heard-from-peers.ts";

const worker = (address: string): PeerWorker => ({
  service: "web",
  id: "w1",
  address,
  generation: 1,
  ttlMs: 3_000,
  weight: 1,
  tags: [],
  metadata: {},
});
const heartbeat = (address: string): PeerItem => ({ kind: "heartbeat", beat: worker(address), load: {} });
const session = (address: string): PeerItem => ({
  kind: "session",
  worker: worker(address),
  held: true,
  blocked: false,
});

test("a worker at an address of our own is a circle, however a peer tells of it", () => {
  for (const tell of [heartbeat, session]) {
    assert.equal(isCircle(tell("127.0.0.1:8080"), ["127.0.0.1:8080"]), true);
    assert.equal(isCircle(tell("127.0.0.1:8081"), ["127.0.0.1:8080"]), false);
    assert.equal(isCircle(tell("127.0.0.1:8081"), []), false);
  }
});

test("what tells of no address is none", () => {
  assert.equal(isCircle({ kind: "evidence", items: [] }, ["127.0.0.1:8080"]), false);
});
