import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceOn, EtcdFailure, type FailureKind, kindOf, refusalOf } from "./failure.ts";

const answers: [body: string, kind: FailureKind][] = [
  ['{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}', "busy"],
  ['{"error":"x","message":"etcdserver: request timed out","code":14}', "doubtful"],
  [
    '{"error":"x","message":"etcdserver: request timed out, possibly due to previous leader failure","code":14}',
    "doubtful",
  ],
  ['{"error":"x","message":"etcdserver: leader changed","code":14}', "doubtful"],
  ['{"error":"x","message":"etcdserver: server stopped","code":14}', "doubtful"],
  ['{"error":"x","message":"transport is closing","code":14}', "doubtful"],
  ['{"error":"x","message":"etcdserver: too many requests","code":8}', "busy"],
  ['{"error":"x","message":"etcdserver: mvcc: database space exceeded","code":8}', "refused"],
  [
    '{"error":"x","message":"grpc: received message larger than max (2600012 vs. 2097152)","code":8}',
    "refused",
  ],
  ['{"error":"x","message":"etcdserver: invalid auth token","code":16}', "token"],
  ['{"error":"x","message":"etcdserver: revision of auth store is old","code":3}', "token"],
  [
    '{"error":"x","message":"etcdserver: authentication failed, invalid user ID or password","code":3}',
    "refused",
  ],
  ['{"error":"x","message":"etcdserver: permission denied","code":7}', "refused"],
  ['{"error":"x","message":"etcdserver: too many operations in txn request","code":3}', "refused"],
  ['{"error":"x","message":"etcdserver: requested lease not found","code":5}', "lease-over"],
  ['{"error":"x","message":"etcdserver: mvcc: required revision has been compacted","code":11}', "compacted"],
  ['{"error":"x","message":"context deadline exceeded","code":4}', "doubtful"],
  ['{"error":"x","message":"something new","code":13}', "doubtful"],
  // In the stream of a watch (3.4, 3.5), and as the gateway of 3.6 writes it.
  ['{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"x"}}', "busy"],
  ['{"error":{"code":14,"message":"etcdserver: no leader","details":[]}}', "busy"],
  ['{"code":5,"message":"etcdserver: requested lease not found","details":[]}', "lease-over"],
];

for (const [body, kind] of answers) {
  test(`${kind}: ${body}`, () => {
    const refusal = refusalOf(body);
    assert.ok(refusal !== undefined);
    assert.equal(kindOf(refusal), kind);
  });
}

test("what is no answer of etcd is none", () => {
  for (const body of ["", "Not Found\n", "<html>", "[]", "{}", '{"message":7}']) {
    assert.equal(refusalOf(body), undefined);
  }
});

test("only what certainly had no effect is called not done", () => {
  const notDone = new Set<FailureKind>([
    "unreachable",
    "busy",
    "token",
    "lease-over",
    "compacted",
    "refused",
  ]);
  for (const [, kind] of [
    ...answers,
    ["", "silent"],
    ["", "cut"],
    ["", "strange"],
    ["", "unreachable"],
  ] as const) {
    const { outcome } = new EtcdFailure(kind, "host:2379", "said something");
    assert.equal(outcome, notDone.has(kind) ? "not-done" : "unknown", kind);
  }
});

test("people are told what to do", () => {
  assert.match(adviceOn({ code: 3, message: "etcdserver: user name is empty" }), /etcd:\/\/USER@/);
  assert.match(
    adviceOn({ code: 7, message: "etcdserver: permission denied" }),
    /read and write of the prefix/,
  );
  assert.equal(adviceOn({ code: 14, message: "etcdserver: no leader" }), "etcdserver: no leader");
});
