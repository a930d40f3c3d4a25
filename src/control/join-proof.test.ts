import assert from "node:assert/strict";
import { test } from "node:test";
import { isProven, joinProof, proofNumbers } from "./join-proof.ts";
import { newJoinToken } from "./join-tokens.ts";

const now = "2026-11-25T12:00:00.000Z";
const make = (expiresInMs: number | null) =>
  newJoinToken({ scope: "worker", services: [], expiresInMs }, now).token;
const after = (ms: number): string => new Date(Date.parse(now) + ms).toISOString();

const life = { service: "web", id: "w1", instance: "a" };
const token = make(60_000);
const proof = joinProof(token, life, now) ?? "";

test("a proof is good for the life that it was given to, by the token by which that joined", () => {
  assert.equal(isProven(token, life, proof, now), true);
  for (const other of [{ service: "api" }, { id: "w2" }, { instance: "b" }])
    assert.equal(isProven(token, { ...life, ...other }, proof, now), false);
  assert.equal(isProven(make(60_000), life, proof, now), false);
});

test("it is good for a while, also where the clock was set back", () => {
  const { goodMs } = proofNumbers;
  for (const [ms, good] of [
    [goodMs, true],
    [goodMs + 1, false],
    [-goodMs, true],
    [-goodMs - 1, false],
  ] as const)
    assert.equal(isProven(token, life, proof, after(ms)), good, String(ms));
});

test("nothing else proves anything", () => {
  const [at = "", digest = ""] = proof.split(/-(.*)/s);
  const later = `${Number(at) + 1}-${digest}`;
  for (const text of [
    "",
    "-",
    at,
    `${at}-`,
    later,
    `0${proof}`,
    ` ${proof}`,
    `${proof}=`,
    `NaN-${digest}`,
    `-${digest}`,
  ])
    assert.equal(isProven(token, life, text, now), false, text);
});

test("a token without end, or of an older version, gives and takes none", () => {
  const { proofKey: _none, ...old } = token;
  for (const one of [make(null), old]) {
    assert.equal(joinProof(one, life, now), undefined);
    assert.equal(isProven(one, life, proof, now), false);
  }
});
