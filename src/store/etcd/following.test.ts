import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { follow, type Following, type FollowingEvent, followingRules } from "./following.ts";

/** Plays a script: an event, the time it comes at, and what it leads to. */
function play(
  start: Following,
  script: [event: FollowingEvent["kind"] | FollowingEvent, at: number, expected: string][],
) {
  let following = start;
  for (const [word, at, expected] of script) {
    const event = (typeof word === "string" ? { kind: word } : word) as FollowingEvent;
    const step = follow(following, event, at, 0.5);
    following = step.following;
    assert.equal([following.kind, ...step.effects].join(" "), expected, `${event.kind} at ${at}`);
  }
}

const listing: Following = { kind: "listing", failures: 0 };
const watching: Following = { kind: "watching", relistAt: 60_000, since: 0 };
const foreign: FollowingEvent = { kind: "foreign", what: "another cluster" };

test("first a list, then a watch from the next revision on", () => {
  play(listing, [
    ["listed", 0, "opening open"],
    ["begun", 5, "watching check"],
    ["tick", 50, "watching"],
  ]);
});

test("a watch that ends is opened again, not listed again", () => {
  play(watching, [
    ["ended", 100, "waiting"],
    ["tick", 110, "waiting"],
    ["tick", 120, "opening open"],
    ["begun", 130, "watching check"],
  ]);
});

test("only when what lies between is gone, everything is listed", () => {
  play(watching, [
    ["compacted", 100, "listing close list"],
    ["listed", 110, "opening open"],
    ["compacted", 120, "listing close list"],
  ]);
});

test("a late beat ends the watch and leaves the member; a call that moved ends the watch", () => {
  play(watching, [
    ["late", 100, "waiting close leave-member"],
    ["moved", 100, "waiting close"],
    ["tick", 120, "opening open"],
    ["moved", 130, "waiting close"],
    ["tick", 200, "opening open"],
    ["begun", 210, "watching check"],
    ["moved", 220, "waiting close"],
  ]);
});

test("failures are repeated ever more slowly, up to once a second", () => {
  const waits: number[] = [];
  let following: Following = { kind: "opening", failures: 0 };
  let now = 0;
  for (let round = 0; round < 7; round += 1) {
    following = follow(following, { kind: "ended" }, now, 0).following;
    assert.ok(following.kind === "waiting");
    waits.push(following.until - now);
    now = following.until;
    following = follow(following, { kind: "tick" }, now, 0).following;
    assert.equal(following.kind, "opening");
  }
  assert.deepEqual(waits, [20, 60, 180, 540, 1000, 1000, 1000]);
  play(listing, [
    ["list-failed", 0, "waiting"],
    ["tick", 20, "listing list"],
    ["list-failed", 30, "waiting"],
    ["tick", 80, "waiting"],
    ["tick", 90, "listing list"],
  ]);
});

test("each minute, more or less, a list beside the watch; its failure changes nothing", () => {
  const { following } = follow({ kind: "opening", failures: 0 }, { kind: "begun" }, 0, 0.75);
  play(following, [
    ["tick", 65_999, "watching"],
    ["tick", 66_000, "watching list"],
    ["list-failed", 66_001, "watching"],
    ["listed", 66_002, "watching"],
    ["tick", 125_000, "watching"],
    ["tick", 126_000, "watching list"],
  ]);
});

test("a foreign history is held at a distance, and looked at each second, at every member", () => {
  play(watching, [
    [foreign, 100, "held close"],
    ["tick", 1000, "held"],
    ["tick", 1100, "held look"],
    ["tick", 5000, "held"],
    [foreign, 5100, "held leave-member"],
    ["tick", 6100, "held look"],
    ["look-failed", 6200, "held"],
    ["tick", 7100, "held look"],
    ["moved", 7110, "held"],
    ["ended", 7120, "held"],
    ["listed", 7130, "held"],
    ["same", 7200, "waiting"],
    ["tick", 7250, "opening open"],
  ]);
});

test("an operator's decision ends the holding with a list", () => {
  play(watching, [
    [foreign, 100, "held close"],
    ["decided", 200, "listing list"],
    ["listed", 210, "opening open"],
  ]);
  play(watching, [["decided", 200, "listing close list"]]);
});

test("whatever comes: a held history is left only by a decision or by its return, and there is one watch at most", () => {
  const kinds = [
    "tick",
    "listed",
    "list-failed",
    "begun",
    "ended",
    "compacted",
    "late",
    "moved",
    "decided",
    "same",
    "look-failed",
  ] as const;
  const event = fc.oneof(
    fc.constantFrom(...kinds).map((kind): FollowingEvent => ({ kind })),
    fc.constant(foreign),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 3000 })), { maxLength: 80 }), (events) => {
      let following: Following = listing;
      let [now, streams] = [0, 0];
      for (const [event, ms] of events) {
        now += ms;
        const before = following;
        const step = follow(following, event, now, 0.5);
        following = step.following;
        if (event.kind === "ended" && streams > 0) streams -= 1;
        for (const effect of step.effects) {
          if (effect === "close") streams = 0;
          if (effect === "open") streams += 1;
        }
        assert.ok(streams <= 1);
        if (before.kind === "held" && following.kind !== "held") {
          assert.ok(event.kind === "decided" || event.kind === "same");
        }
      }
      assert.ok(followingRules.tickMs > 0);
    }),
    { seed: 1, numRuns: 2000 },
  );
});
