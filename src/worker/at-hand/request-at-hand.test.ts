import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { type TestingClock, testingClock } from "../testing-clock.ts";
import { RequestAtHand } from "./request-at-hand.ts";

interface Scene {
  clock: TestingClock;
  atHand: RequestAtHand;
  /** Of its signal, if it has aborted. */
  reason: () => string | undefined;
}

/** A request with a body, of which nothing has come yet. */
function told(budget: string): Scene {
  const clock = testingClock();
  const request = { headers: { "x-skein-budget": budget } } as unknown as IncomingMessage;
  const response = Object.assign(new EventEmitter(), { headersSent: false }) as unknown as ServerResponse;
  const atHand = new RequestAtHand(request, response, clock);
  atHand.bodyComes();
  const { signal } = atHand;
  return { clock, atHand, reason: () => (signal.reason as Error | undefined)?.name };
}

test("a time that begins with the answer does not run out while the body comes", () => {
  const { clock, atHand, reason } = told("100/");
  clock.advance(250);
  assert.equal(atHand.remainingMs, 100);
  atHand.bodyCame();
  clock.advance(60);
  assert.equal(atHand.remainingMs, 40);
  assert.equal(reason(), undefined);
  clock.advance(40);
  assert.equal(reason(), "TimeoutError");
});

test("the client's own time is the most, with the body", () => {
  const { clock, atHand, reason } = told("100/250");
  clock.advance(200);
  assert.equal(atHand.remainingMs, 50);
  atHand.bodyCame();
  assert.equal(atHand.remainingMs, 50);
  clock.advance(50);
  assert.equal(reason(), "TimeoutError");
});

test("a time without more begins with the request", () => {
  const { clock, atHand, reason } = told("100");
  clock.advance(60);
  assert.equal(atHand.remainingMs, 40);
  clock.advance(40);
  assert.equal(reason(), "TimeoutError");
});
