import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { newNonce, newPeerKeys, parseHandshake, proofOf, proves } from "./handshake.ts";

const meeting = () => ({
  dialler: "aaaa",
  listener: "bbbb",
  listenerNonce: newNonce(),
  diallerNonce: newNonce(),
  channel: "",
});

test("a proof is good for its side, its pair, its stream and its key, and for nothing else", () => {
  const keys = newPeerKeys();
  const here = meeting();
  const proof = proofOf("dialler", here, keys.privateKey);
  assert.ok(proves(proof, "dialler", here, keys.publicKey));
  assert.ok(!proves(proof, "listener", here, keys.publicKey));
  assert.ok(!proves(proof, "dialler", here, newPeerKeys().publicKey));
  const others = [
    { dialler: "cccc" },
    { listener: "cccc" },
    { listenerNonce: newNonce() },
    { diallerNonce: newNonce() },
    { channel: "of another connection" },
    // The parts cannot be cut in another way.
    { dialler: 'aaaa","bbbb', listener: "" },
  ];
  for (const other of others) {
    assert.ok(!proves(proof, "dialler", { ...here, ...other }, keys.publicKey), JSON.stringify(other));
  }
});

test("a key that is none, or of another kind, proves nothing", () => {
  const here = meeting();
  const proof = proofOf("dialler", here, newPeerKeys().privateKey);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const foreign = rsa.export({ type: "spki", format: "der" }).toString("base64url");
  for (const key of ["", "AAAA", "not a key at all", foreign])
    assert.ok(!proves(proof, "dialler", here, key));
});

test("frames of a handshake are read strictly", () => {
  const nonce = newNonce();
  const proof = proofOf("dialler", meeting(), newPeerKeys().privateKey);
  assert.ok(parseHandshake(JSON.stringify({ t: "challenge", v: 1, nonce }), "challenge"));
  assert.ok(parseHandshake(JSON.stringify({ t: "proof", nonce, proof }), "proof"));
  assert.ok(parseHandshake(JSON.stringify({ t: "welcome", proof }), "welcome"));
  const bad = [
    "",
    "[]",
    "null",
    "{",
    JSON.stringify({ t: "challenge", nonce: "short" }),
    JSON.stringify({ t: "welcome", proof }),
    JSON.stringify({ t: "challenge", nonce, more: "x".repeat(2000) }),
  ];
  for (const text of bad) assert.equal(parseHandshake(text, "challenge"), undefined, text);
});
