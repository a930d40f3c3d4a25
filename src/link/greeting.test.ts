import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import {
  parseProxyHello,
  parseProxyProof,
  parseWorkerHello,
  type Prover,
  proxyProof,
  workerProof,
} from "./greeting.ts";

const prover = (key: string): Prover => ({
  hmac: (text) => createHmac("sha256", key).update(text).digest("hex"),
  same: (one, other) => one === other,
});
const nonces = ["a".repeat(32), "b".repeat(32)] as const;

test("each side's proof is its own, of this key and of these nonces", () => {
  const [one, other] = nonces;
  const proofs = [
    workerProof(prover("k"), one, other),
    proxyProof(prover("k"), one, other),
    workerProof(prover("k"), other, one),
    workerProof(prover("another"), one, other),
  ];
  assert.equal(new Set(proofs).size, proofs.length);
  assert.equal(workerProof(prover("k"), one, other), proofs[0]);
});

test("a greeting is taken only as it should be", () => {
  const [nonce] = nonces;
  const proxy = { v: 1, proxy: "proxy-1", nonce };
  const worker = { v: 1, nonce, streamsMax: 100, proof: "c".repeat(64) };
  assert.deepEqual(parseProxyHello(JSON.stringify({ ...proxy, more: 1 })), proxy);
  assert.deepEqual(parseWorkerHello(JSON.stringify(worker)), worker);
  assert.deepEqual(parseProxyProof(JSON.stringify({ proof: "d" })), { proof: "d" });
  for (const bad of [
    "",
    "{",
    "null",
    "[]",
    "3",
    JSON.stringify({ ...proxy, v: 2 }),
    JSON.stringify({ ...proxy, nonce: "short" }),
    JSON.stringify({ ...proxy, nonce: ["a".repeat(32)] }),
    JSON.stringify({ ...proxy, proxy: "x".repeat(201) }),
  ]) {
    assert.equal(parseProxyHello(bad), undefined, bad);
  }
  for (const bad of [
    { ...worker, streamsMax: 0 },
    { ...worker, streamsMax: 1.5 },
    { ...worker, streamsMax: "9" },
    { ...worker, proof: "" },
    { ...worker, proof: "c".repeat(65) },
    { ...worker, nonce: undefined },
  ]) {
    assert.equal(parseWorkerHello(JSON.stringify(bad)), undefined);
  }
  assert.equal(parseProxyProof('{"proof":{}}'), undefined);
});
