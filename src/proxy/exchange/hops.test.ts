import assert from "node:assert/strict";
import { test } from "node:test";
import { noHops } from "../../protocol/hops.ts";
import { HopLimits } from "./hops.ts";
import { nothingToForward } from "./prepare-request.ts";

const line = "GET / HTTP/1.1\r\n";
const headTimeoutMs = 30_000;
/** A client cannot make the gateway rewrite what only looks like its own field. */
const alike = "not-x-skein-budget: 30000\r\n";
const written = {
  ...nothingToForward,
  head: `${line}${alike}x-skein-budget: 30000\r\nhost: h\r\n\r\n`,
  headTimeoutMs,
};

function limitsOf(hops = noHops): HopLimits {
  const limits = new HopLimits();
  limits.begin(hops, headTimeoutMs, 1_000);
  return limits;
}

test("a head that says the route's time goes as it is, also a moment later", () => {
  for (const now of [1_000, 1_299]) assert.equal(limitsOf().headFor(written, 0, now, true), written.head);
});

test("when some of the route's time is over, what is left is told in its place", () => {
  const rest = (ms: number, more = ""): string =>
    `${line}${alike}x-skein-budget: ${ms}\r\nhost: h\r\n${more}\r\n`;
  assert.equal(limitsOf().headFor(written, 0, 3_500.5, true), rest(27_499));
  assert.equal(limitsOf().headFor(written, 1, 3_500, true), rest(27_500, "x-skein-attempt: 1\r\n"));
  assert.equal(limitsOf().headFor(written, 1, 1_000, true), rest(30_000, "x-skein-attempt: 1\r\n"));
});

test("of the client's time and the route's what is over first is told", () => {
  const unwritten = { ...written, head: `${line}\r\n` };
  for (const [budgetMs, told] of [
    [4_000, 3_000],
    [60_000, 29_000],
  ] as const) {
    const head = limitsOf({ ...noHops, mostMs: budgetMs }).headFor(unwritten, 0, 2_000, true);
    assert.equal(head, `${line}x-skein-budget: ${told}\r\n\r\n`);
  }
});

test("while the body is still to come, the answer has its time behind that, and the client's is the most for both", () => {
  const withBody = {
    ...written,
    hasBody: true,
    head: written.head.replace(": 30000\r\nhost", ": 30000/\r\nhost"),
  };
  const [, , own] = withBody.head.split("\r\n");
  assert.equal(own, "x-skein-budget: 30000/");
  // In the queue it waited for what it will be given anew.
  assert.equal(limitsOf().headFor(withBody, 0, 21_000, false), withBody.head);
  assert.match(
    limitsOf().headFor(withBody, 0, 21_000, true),
    /\r\nx-skein-budget: 10000\r\nhost: h\r\n\r\n$/,
  );
  // It came whole while it waited: there is nothing that the time could begin behind.
  assert.equal(limitsOf().headFor(withBody, 0, 1_000, true), written.head);
  const unwritten = { ...withBody, head: `${line}\r\n` };
  for (const [mostMs, told] of [
    [4_000, "3000/3000"],
    [60_000, "30000/59000"],
  ] as const) {
    const head = limitsOf({ ...noHops, mostMs }).headFor(unwritten, 0, 2_000, false);
    assert.equal(head, `${line}x-skein-budget: ${told}\r\n\r\n`);
  }
});

test("what the hop before gives for the answer behind the body is waited for, and told, where the route gives more", () => {
  const withBody = {
    ...written,
    hasBody: true,
    head: written.head.replace(": 30000\r\nhost", ": 30000/\r\nhost"),
  };
  const limits = limitsOf({ ...noHops, budgetMs: 5_000 });
  assert.equal(limits.until, 6_000);
  assert.match(limits.headFor(withBody, 0, 1_000, false), /\r\nx-skein-budget: 5000\/\r\nhost: h\r\n\r\n$/);
  limits.goesOn(withBody, 20_000);
  assert.equal(limits.until, 25_000);
  assert.match(limits.headFor(withBody, 0, 20_000, true), /\r\nx-skein-budget: 5000\r\nhost: h\r\n\r\n$/);
  assert.equal(limitsOf({ ...noHops, budgetMs: 60_000 }).until, 31_000);
});
