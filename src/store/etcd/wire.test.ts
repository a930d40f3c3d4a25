import assert from "node:assert/strict";
import { test } from "node:test";
import {
  base64,
  decodeHeader,
  decodeTransaction,
  decodeWatch,
  encodeTransaction,
  encodeWatch,
  withPrefix,
} from "./wire.ts";

const header = { cluster_id: "12585971608760269493", member_id: "1", revision: "9", raft_term: "2" };

test("a transaction as the gateway wants it", () => {
  const encoded = encodeTransaction({
    compare: [
      { key: "k", created: 0 },
      { key: "k", modified: 7 },
      { key: "k", value: "ü" },
    ],
    success: [
      { kind: "put", key: "k", value: "", lease: "2324035614421389829" },
      { kind: "delete", key: "k", end: "l" },
    ],
    failure: [{ kind: "range", key: "k", limit: 3, revision: 5 }],
  });
  assert.deepEqual(encoded, {
    compare: [
      { key: "aw==", result: "EQUAL", target: "CREATE", create_revision: "0" },
      { key: "aw==", result: "EQUAL", target: "MOD", mod_revision: "7" },
      { key: "aw==", result: "EQUAL", target: "VALUE", value: "w7w=" },
    ],
    success: [
      { request_put: { key: "aw==", value: "", lease: "2324035614421389829" } },
      { request_delete_range: { key: "aw==", range_end: "bA==" } },
    ],
    failure: [{ request_range: { key: "aw==", limit: "3", revision: "5" } }],
  });
});

test("what is zero is left out of an answer, and 64-bit names stay texts", () => {
  const answer = {
    header,
    responses: [
      { response_put: { header: { revision: "9" } } },
      { response_range: { header: { revision: "9" } } },
      {
        response_range: {
          kvs: [{ key: "aw==", create_revision: "3", mod_revision: "9", lease: "2324035614421389829" }],
          more: true,
          count: "7",
        },
      },
    ],
  };
  assert.deepEqual(decodeTransaction(answer), {
    header: { clusterId: "12585971608760269493", revision: 9 },
    succeeded: false,
    ranges: [
      { keyValues: [], more: false },
      {
        keyValues: [{ key: "k", value: "", createRevision: 3, modRevision: 9, lease: "2324035614421389829" }],
        more: true,
      },
    ],
  });
});

test("the lines of a watch: created, events, compacted, cancelled", () => {
  const clusterId = "12585971608760269493";
  assert.deepEqual(decodeWatch({ header, created: true }), {
    header: { clusterId, revision: 9 },
    created: true,
    canceled: undefined,
    events: [],
  });
  const events = [
    { kv: { key: "aw==", value: "dg==", create_revision: "8", mod_revision: "8", version: "1" } },
    { type: "DELETE", kv: { key: "aw==", mod_revision: "9" } },
  ];
  assert.deepEqual(decodeWatch({ header, events }).events, [
    { kind: "put", keyValue: { key: "k", value: "v", createRevision: 8, modRevision: 8, lease: "0" } },
    { kind: "delete", key: "k", modRevision: 9 },
  ]);
  const bare = { cluster_id: clusterId, raft_term: "2" };
  assert.deepEqual(decodeWatch({ header: bare, canceled: true, compact_revision: "3" }), {
    header: { clusterId, revision: undefined },
    created: false,
    canceled: { compacted: true, reason: "" },
    events: [],
  });
  const cancelled = decodeWatch({ header: bare, created: true, canceled: true, cancel_reason: "denied" });
  assert.deepEqual(cancelled.canceled, { compacted: false, reason: "denied" });
});

test("an answer that is not etcd's is refused", () => {
  for (const answer of [undefined, null, "text", {}, { header: {} }, { header: { revision: "1" } }]) {
    assert.throws(() => decodeTransaction(answer));
  }
  assert.throws(() => decodeHeader({ cluster_id: "1", revision: "9007199254740993" }), /no number/);
});

test("a prefix is a range of keys", () => {
  assert.deepEqual(withPrefix("skein/a/"), { key: "skein/a/", end: "skein/a0" });
  assert.deepEqual(encodeWatch(withPrefix("a/"), 12), {
    create_request: { key: base64("a/"), range_end: base64("a0"), start_revision: "12" },
  });
});
