import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeToken, newJoinToken, rotated } from "./join-tokens.ts";

const now = "2026-11-25T12:00:00.000Z";
const wish = { scope: "worker", services: [], expiresInMs: null } as const;
const make = (more: Partial<Parameters<typeof newJoinToken>[0]> = {}) =>
  newJoinToken({ ...wish, services: [], ...more }, now);

test("a token is known again by its hash alone, and what stands in the store does not show it", () => {
  const { token, text } = make({ services: ["orders"] });
  assert.match(text, /^skein-worker-[0-9a-f]{8}-[0-9a-f]{64}$/);
  assert.deepEqual(judgeToken([token], text, now), { kind: "good", token });
  const secret = text.split("-")[3] ?? "";
  assert.ok(!JSON.stringify(token).includes(secret));
});

test("anything else is unknown", () => {
  const [one, other] = [make(), make()];
  const all = [one.token, other.token];
  const swapped = `skein-worker-${one.token.id}-${other.text.split("-")[3]}`;
  const asGateway = one.text.replace("worker", "gateway");
  const wrong = `${one.text.slice(0, -1)}${one.text.endsWith("0") ? "1" : "0"}`;
  for (const text of [
    "",
    "x",
    swapped,
    asGateway,
    wrong,
    `${one.text} `,
    one.token.hashes[0]!,
    make().text,
  ]) {
    assert.equal(judgeToken(all, text, now).kind, "unknown", text);
  }
  // A record without a hash lets nobody in.
  const zeros = `skein-worker-${one.token.id}-${"0".repeat(64)}`;
  assert.equal(judgeToken([{ ...one.token, hashes: [] }], zeros, now).kind, "unknown");
});

test("it is over at its end, by the wall clock", () => {
  const { token, text } = make({ expiresInMs: 60_000 });
  assert.equal(judgeToken([token], text, "2026-11-25T12:00:59.999Z").kind, "good");
  assert.equal(judgeToken([token], text, "2026-11-25T12:01:00.000Z").kind, "expired");
  assert.equal(judgeToken([{ ...token, expiresAt: "soon" }], text, now).kind, "expired");
});

test("after a rotation both secrets are good, after a second one the first is not", () => {
  const first = make();
  const second = rotated(first.token);
  for (const { text } of [first, second]) assert.equal(judgeToken([second.token], text, now).kind, "good");
  const third = rotated(second.token);
  const kinds = [first, second, third].map(({ text }) => judgeToken([third.token], text, now).kind);
  assert.deepEqual(kinds, ["unknown", "good", "good"]);
});

test("a rotation gives a token that ends what proofs are made with, where it has none, and never another", () => {
  const { token } = make({ expiresInMs: 60_000 });
  const { proofKey: _none, ...old } = token;
  const once = rotated(old).token;
  assert.match(once.proofKey ?? "", /^[0-9a-f]{64}$/);
  assert.equal(rotated(once).token.proofKey, once.proofKey);
  const endless = make().token;
  for (const one of [endless, rotated(endless).token]) assert.equal(one.proofKey, undefined);
});

test("a token for gateways names no services, and ends by being revoked alone", () => {
  assert.throws(() => make({ scope: "gateway", services: ["orders"] }), /every service/);
  assert.throws(() => make({ scope: "gateway", expiresInMs: 60_000 }), /revoke it/);
});
