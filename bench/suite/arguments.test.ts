import assert from "node:assert/strict";
import { test } from "node:test";
import { type Options, readArguments } from "./arguments.ts";
import { cases } from "./cases.ts";
import { peerNames } from "./peer-names.ts";
import { targets } from "./targets.ts";

function optionsOf(...args: string[]): Options {
  const reading = readArguments(args);
  assert.equal(reading.kind, "options");
  return reading.kind === "options" ? reading.options : assert.fail();
}

function wrong(...args: string[]): string {
  const reading = readArguments(args);
  return reading.kind === "wrong" ? reading.detail : assert.fail(`${args.join(" ")} was taken`);
}

test("without arguments everything is measured", () => {
  const options = optionsOf();
  assert.deepEqual(options.cases, cases);
  assert.deepEqual(options.peers, peerNames);
  assert.equal(options.rounds, 7);
  assert.equal(options.seconds, 1);
  assert.deepEqual(options.roundsOfFar, { headline: 7, elsewhere: 3 });
  assert.equal(options.check, false);
});

test("a short run has fewer cases and rounds", () => {
  const options = optionsOf("--quick", "--check");
  assert.ok(options.cases.length < cases.length && options.cases.every(({ quick }) => quick));
  assert.equal(options.rounds, 3);
  assert.deepEqual(options.roundsOfFar, { headline: 3, elsewhere: 0 });
  assert.equal(options.roundsOfLatency, 0);
  assert.deepEqual(options.peers, ["skein", "skein-link", "nginx", "haproxy", "caddy", "go", "bare"]);
  assert.equal(options.check, true);
});

test("cases and peers are taken by name, also those that a short run would leave out", () => {
  const options = optionsOf(
    "--quick",
    "--cases",
    "headers-25,get",
    "--peers",
    "skein,nginx",
    "--rounds",
    "2",
  );
  assert.deepEqual(
    options.cases.map(({ name }) => name),
    ["headers-25", "get"],
  );
  assert.deepEqual(options.peers, ["skein", "nginx"]);
  assert.equal(options.rounds, 2);
  assert.deepEqual([options.roundsOfFar.elsewhere, options.roundsOfLatency], [1, 1]);
});

test("whatever a target needs is in a short run, but for what would take more time", () => {
  const { cases, peers } = optionsOf("--quick");
  const lacking = targets.filter(({ needs }) =>
    needs.some((place) => !peers.includes(place.peer) || !cases.some(({ name }) => name === place.case)),
  );
  assert.deepEqual(
    lacking.map(({ needs }) => needs[0]?.case),
    ["get-static", "get-static"],
  );
});

test("fewer rounds than a peer or a latency would have are enough for it", () => {
  const options = optionsOf("--rounds", "1");
  assert.deepEqual([options.roundsOfFar, options.roundsOfLatency], [{ headline: 1, elsewhere: 1 }, 1]);
});

test("what is wrong is said, with what would be right", () => {
  assert.match(wrong("--cases", "gett"), /no case "gett"; there are get, /);
  assert.match(wrong("--peers", "apache"), /no peer "apache"; there are skein, /);
  assert.match(wrong("--rounds", "0"), /--rounds must be a whole number above 0, not "0"/);
  assert.match(wrong("--seconds", "1.5"), /--seconds must be a whole number/);
  assert.match(wrong("--what"), /--what/);
  assert.equal(readArguments(["-h"]).kind, "help");
});
