import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProxyHello, proxyProof, workerProof } from "../../link/link.ts";
import { linkProver } from "../../runtime/link-prover.ts";
import { LinkGreeting } from "./link-greeting.ts";

const nonce = "b".repeat(32);
const saidAt = 1_000;
const heardAt = 1_010;

/** A greeting whose hello was said, and what the worker with this key replies to it at this time. */
function replied(
  key: string,
  now?: number,
): { greeting: LinkGreeting; reply: string; nonces: [string, string] } {
  const greeting = new LinkGreeting("a key");
  const hello = parseProxyHello(greeting.hello("proxy-1", saidAt));
  assert.ok(hello !== undefined);
  const proof = workerProof(linkProver(key), hello.nonce, nonce);
  const reply = JSON.stringify({ v: hello.v, nonce, streamsMax: 100, proof, now });
  return { greeting, reply, nonces: [hello.nonce, nonce] };
}

test("a worker that has the key is shown that we have it, too", () => {
  const { greeting, reply, nonces } = replied("a key");
  const greeted = greeting.reply(reply, heardAt);
  assert.equal(greeted?.proof, JSON.stringify({ proof: proxyProof(linkProver("a key"), ...nonces) }));
  assert.equal(greeted.streamsMax, 100);
});

test("one with another key, and what another worker said to another hello, is nobody", () => {
  const { greeting, reply } = replied("another key");
  assert.equal(greeting.reply(reply, heardAt), undefined);
  assert.equal(new LinkGreeting("a key").reply(replied("a key").reply, heardAt), undefined);
  assert.equal(greeting.reply("no hello", heardAt), undefined);
});

test("its clock is ours where it read it between our hello and its reply", () => {
  const hasOurClock = (now?: number): boolean | undefined => {
    const { greeting, reply } = replied("a key", now);
    return greeting.reply(reply, heardAt)?.hasOurClock;
  };
  assert.deepEqual([saidAt, 1_005, heardAt].map(hasOurClock), [true, true, true]);
  assert.deepEqual([999, 1_011, undefined].map(hasOurClock), [false, false, false]);
});
