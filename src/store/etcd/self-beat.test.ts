import assert from "node:assert/strict";
import { test } from "node:test";
import { beatCameBack, beatRefused, freshBeat, type SelfBeat, selfBeatRules, tickBeat } from "./self-beat.ts";

const tickMs = 50;

class Player {
  beat: SelfBeat = freshBeat(0);
  now = 0;
  readonly sent: [number: number, at: number][] = [];

  /** Ticks until `ms` are over, or until a beat is late. Gives when that was. */
  run(ms: number, comesBack = true): number | undefined {
    const until = this.now + ms;
    while (this.now < until) {
      const step = tickBeat(this.beat, this.now, tickMs);
      this.beat = step.beat;
      if (step.late) return this.now;
      if (step.send !== undefined) {
        this.sent.push([step.send, this.now]);
        if (comesBack) this.beat = beatCameBack(this.beat, step.send);
      }
      this.now += tickMs;
    }
    return undefined;
  }
}

test("a beat each second, each with its own number", () => {
  const player = new Player();
  assert.equal(player.run(3100), undefined);
  assert.deepEqual(player.sent, [
    [1, 0],
    [2, 1000],
    [3, 2000],
    [4, 3000],
  ]);
});

test("one that does not come back within 1.5 s is late, however many were sent after it", () => {
  const player = new Player();
  player.run(3000);
  assert.equal(player.run(10_000, false), 3000 + selfBeatRules.backWithinMs + tickMs);
});

test("an older one that comes back proves nothing about a newer one; a newer one proves all", () => {
  const player = new Player();
  player.run(1000);
  player.run(1200, false);
  assert.deepEqual(player.beat.waiting, { number: 2, sentAt: 1000 });
  player.beat = beatCameBack(player.beat, 1);
  assert.deepEqual(player.beat.waiting, { number: 2, sentAt: 1000 });
  player.beat = beatCameBack(player.beat, 3);
  assert.equal(player.beat.waiting, undefined);
});

test("an own pause is no silence of the watch", () => {
  const player = new Player();
  player.run(1000);
  player.run(100, false);
  player.now += 60_000;
  assert.equal(player.run(1300, false), undefined);
  assert.notEqual(player.run(500, false), undefined);
});

test("a new watch is not held to what was sent before it", () => {
  const player = new Player();
  player.run(1400, false);
  player.beat = freshBeat(player.now, player.beat.number);
  assert.equal(player.run(1000), undefined);
  assert.equal(player.sent.at(-1)?.[0], 3);
});

test("one that etcd refused to write is not waited for; an earlier one that was written still is", () => {
  const sentAt = (now: number, beat: SelfBeat): SelfBeat => tickBeat(beat, now, tickMs).beat;
  const refused = beatRefused(sentAt(0, freshBeat(0)), 1);
  assert.equal(refused.waiting, undefined);
  const written = sentAt(1000, sentAt(0, freshBeat(0)));
  assert.equal(beatRefused(written, 2).waiting?.number, 1);
});
