import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  type ElectionEffect,
  type ElectionEvent,
  type ElectionRules,
  electionRules,
  initialRole,
  type Role,
  rulesOverLease,
  type SeenLeadership,
  step,
} from "./election.ts";

const { tickMs, takeoverMs, beatEveryMs, doubtAfterMs } = electionRules;

/** Feeds events to one controller `a`, ticking as time passes, and keeps what it wanted done. */
class Player {
  role: Role = initialRole(0);
  now = 0;
  effects: ElectionEffect[] = [];
  readonly #rules: ElectionRules;

  constructor(rules = electionRules) {
    this.#rules = rules;
  }

  feed(event: ElectionEvent): this {
    const result = step(this.role, event, this.now, "a", this.#rules);
    this.role = result.role;
    this.effects.push(...result.effects);
    return this;
  }

  seen(holder: string | null, term: number, beat: number): this {
    return this.feed({ kind: "seen", leadership: { holder, term, beat } });
  }

  /** Lets time pass with a tick when each is due. */
  wait(ms: number): this {
    const untilMs = this.now + ms;
    while (this.now + tickMs <= untilMs) {
      this.now += tickMs;
      this.feed({ kind: "tick" });
    }
    this.now = untilMs;
    return this;
  }

  /** Time passes while this process is stopped; then the late tick comes. */
  pause(ms: number): this {
    this.now += ms;
    return this.feed({ kind: "tick" });
  }

  took(): ElectionEffect[] {
    return this.effects.splice(0);
  }
}

const acquire = (holder: string | null, term: number, beat: number): ElectionEffect => ({
  kind: "acquire",
  seen: { holder, term, beat },
});

function leader(term = 7): Player {
  const player = new Player().seen(null, term - 1, 0);
  player.feed({ kind: "won", term, startedAt: 0 }).took();
  return player;
}

test("a free seat is taken as soon as it is seen", () => {
  assert.deepEqual(new Player().seen(null, 3, 1).took(), [acquire(null, 3, 1)]);
});

test("nothing is taken before the store was seen: it is looked at until that succeeds, one look at a time", () => {
  const player = new Player().wait(10_000);
  assert.deepEqual(player.took(), [{ kind: "read" }]);
  player.feed({ kind: "read-failed" }).wait(beatEveryMs - tickMs);
  assert.deepEqual(player.took(), [], "not at once");
  assert.deepEqual(player.wait(10_000).took(), [{ kind: "read" }]);
  assert.deepEqual(player.seen("b", 1, 0).feed({ kind: "read-failed" }).wait(1000).took(), [], "it was seen");
});

test("a beating leader is left alone", () => {
  const player = new Player();
  for (let beat = 0; beat < 20; beat += 1) player.seen("b", 1, beat).wait(beatEveryMs);
  assert.deepEqual(player.took(), []);
});

test("a leader who is silent for takeoverMs is replaced, not before", () => {
  const player = new Player().seen("b", 1, 5);
  assert.deepEqual(
    player
      .wait(takeoverMs - tickMs)
      .seen("b", 1, 5)
      .took(),
    [],
  );
  assert.deepEqual(player.wait(tickMs).took(), [acquire("b", 1, 5)]);
  assert.deepEqual(player.wait(1000).took(), [], "one attempt at a time");
});

test("own pauses do not count as the leader's silence", () => {
  const player = new Player().seen("b", 1, 5).wait(500).pause(60_000);
  assert.deepEqual(player.took(), []);
  player.wait(takeoverMs - 500);
  assert.deepEqual(player.took(), [acquire("b", 1, 5)]);
});

test("the holder's reported exit is a reason at once, in whichever order the news comes", () => {
  const first = new Player().seen("b", 1, 5);
  assert.deepEqual(first.feed({ kind: "exited", instance: "c" }).took(), []);
  assert.deepEqual(first.feed({ kind: "exited", instance: "b" }).took(), [acquire("b", 1, 5)]);

  const late = new Player().seen("c", 1, 5).feed({ kind: "exited", instance: "b" });
  assert.deepEqual(late.seen("b", 2, 0).took(), [acquire("b", 2, 0)]);
});

test("a lost race is followed by a look, and a contender's success resets the silence", () => {
  const player = new Player().seen("b", 1, 5).wait(takeoverMs).feed({ kind: "lost" });
  assert.deepEqual(player.took(), [acquire("b", 1, 5), { kind: "read" }]);
  assert.deepEqual(
    player
      .seen("c", 2, 0)
      .wait(takeoverMs - tickMs)
      .took(),
    [],
  );
});

test("a lost race is not run again at once, though the seat looks as before", () => {
  const player = new Player().seen(null, 1, 0).feed({ kind: "lost" });
  player.took();
  assert.deepEqual(player.seen(null, 1, 0).took(), []);
  assert.deepEqual(player.wait(tickMs).took(), [acquire(null, 1, 0)]);
});

test("a failed attempt is repeated, but not at once", () => {
  const player = new Player().seen(null, 1, 0).feed({ kind: "acquire-failed" });
  player.took();
  assert.deepEqual(player.wait(beatEveryMs - tickMs).took(), []);
  assert.deepEqual(player.wait(tickMs).took(), [acquire(null, 1, 0)]);
});

test("a leader beats every beatEveryMs, one beat at a time, and again soon after a failure", () => {
  const player = leader();
  assert.deepEqual(player.wait(beatEveryMs).took(), [{ kind: "beat", term: 7 }]);
  assert.deepEqual(player.wait(2 * beatEveryMs).took(), []);
  player.feed({ kind: "beat-failed", term: 7 });
  assert.deepEqual(player.wait(tickMs).took(), [{ kind: "beat", term: 7 }]);
  player.feed({ kind: "beat-ok", term: 7, startedAt: player.now });
  assert.equal(player.role.kind, "leader");
});

test("a leader whose beats do not get through doubts itself, and leads on when one does", () => {
  const player = leader().wait(beatEveryMs);
  player.wait(doubtAfterMs);
  assert.equal(player.role.kind, "doubtful");
  player.feed({ kind: "beat-ok", term: 7, startedAt: player.now });
  assert.equal(player.role.kind, "leader");
});

test("a leader that wakes doubts itself and asks the store at once", () => {
  const player = leader().pause(3000);
  assert.equal(player.role.kind, "doubtful");
  assert.deepEqual(player.took(), [{ kind: "beat", term: 7 }]);
  player.feed({ kind: "stale", term: 7 });
  assert.equal(player.role.kind, "standby");
  assert.deepEqual(player.took(), [{ kind: "read" }]);
});

test("a refused write of its own term, or a newer term seen, ends a leader; an old refusal does not", () => {
  assert.equal(leader().feed({ kind: "stale", term: 6 }).role.kind, "leader");
  assert.equal(leader().feed({ kind: "stale", term: 7 }).role.kind, "standby");
  assert.equal(leader().seen("b", 8, 0).role.kind, "standby");
  assert.equal(leader().seen("b", 6, 9).role.kind, "leader");
});

test("a leader that sees its own seat free knows that it was taken away, and contends for it at once", () => {
  const player = leader(7).seen("a", 7, 0).seen(null, 7, 1);
  assert.equal(player.role.kind, "standby");
  assert.deepEqual(player.took(), [acquire(null, 7, 1)]);
  assert.equal(leader(7).seen(null, 6, 9).role.kind, "leader", "news of the term before");
});

test("over a store that frees the seat itself, nobody judges a holder by its silence", () => {
  const player = new Player(rulesOverLease(3000)).seen("b", 9, 0).wait(60_000);
  assert.deepEqual(player.took(), []);
  assert.deepEqual(player.feed({ kind: "exited", instance: "b" }).took(), [acquire("b", 9, 0)]);
  const other = new Player(rulesOverLease(3000)).seen("b", 9, 0).wait(60_000).seen(null, 9, 1);
  assert.deepEqual(other.took(), [acquire(null, 9, 1)]);
});

test("over a lease, a leader has stepped down before the lease can end, however late its beats are answered", () => {
  const leaseMs = 3000;
  const rules = rulesOverLease(leaseMs);
  for (const answerMs of [0, 500, 1000, 2400]) {
    const player = new Player(rules).seen(null, 6, 0).feed({ kind: "won", term: 7, startedAt: 0 });
    player.wait(rules.beatEveryMs);
    const sentAt = player.now;
    player.wait(answerMs).feed({ kind: "beat-ok", term: 7, startedAt: sentAt });
    // The store took the beat when it was sent at the earliest: from then on it counts the lease.
    player.wait(sentAt + leaseMs - 2 * tickMs - player.now);
    assert.equal(player.role.kind, "doubtful", `answered after ${answerMs} ms`);
  }
});

test("a seat won whose answer was lost is found again in the store", () => {
  const player = new Player().seen(null, 1, 0).feed({ kind: "acquire-failed" }).seen("a", 2, 0);
  assert.equal(player.role.kind, "doubtful");
  player.took();
  assert.deepEqual(player.wait(tickMs).took(), [{ kind: "beat", term: 2 }]);
  player.feed({ kind: "beat-ok", term: 2, startedAt: player.now });
  assert.equal(player.role.kind, "leader");
});

test("resigning gives the seat back, also one that is won afterwards, and nothing is taken again", () => {
  const player = leader().feed({ kind: "resign" });
  assert.deepEqual(player.took(), [{ kind: "resign", term: 7 }]);
  player.feed({ kind: "won", term: 9, startedAt: 0 });
  assert.deepEqual(player.took(), [{ kind: "resign", term: 9 }]);
  assert.deepEqual(player.seen(null, 9, 1).wait(10_000).took(), []);
});

test("whatever the order of events: a leader never goes back to a term that it saw end", () => {
  const leadership: fc.Arbitrary<SeenLeadership> = fc.record({
    holder: fc.constantFrom("a", "b", null),
    term: fc.integer({ min: 0, max: 5 }),
    beat: fc.integer({ min: 0, max: 3 }),
  });
  const term = fc.integer({ min: 1, max: 5 });
  const event: fc.Arbitrary<ElectionEvent> = fc.oneof(
    fc.constant<ElectionEvent>({ kind: "tick" }),
    leadership.map((seen): ElectionEvent => ({ kind: "seen", leadership: seen })),
    term.map((term): ElectionEvent => ({ kind: "won", term, startedAt: 0 })),
    term.map((term): ElectionEvent => ({ kind: "beat-ok", term, startedAt: 0 })),
    term.map((term): ElectionEvent => ({ kind: "stale", term })),
    fc.constantFrom<ElectionEvent>({ kind: "lost" }, { kind: "acquire-failed" }, { kind: "read-failed" }),
    fc.constant<ElectionEvent>({ kind: "exited", instance: "b" }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 2000 })), { maxLength: 60 }), (events) => {
      const player = new Player();
      let seenTerm = 0;
      for (const [event, ms] of events) {
        player.now += ms;
        player.feed(event);
        if (event.kind === "seen") seenTerm = Math.max(seenTerm, event.leadership.term);
        if (player.role.kind === "leader") assert.ok(player.role.term >= seenTerm);
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});
