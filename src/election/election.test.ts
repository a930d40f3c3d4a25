import assert from "node:assert/strict";
import { test } from "node:test";
import { electionRules } from "../core/election.ts";
import { SkeinError } from "../protocol/error.ts";
import { MemoryStore, MemoryStoreContent } from "../store/memory.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { Election, type PublicRole } from "./election.ts";

/** Controllers over one store in memory, each in a process of its own. */
class Contest {
  readonly time = new VirtualTime();
  readonly content = new MemoryStoreContent();

  async enter(instance: string, { broken = false } = {}): Promise<Contender> {
    const contender = new Contender(this, instance);
    contender.broken = broken;
    contender.election.start();
    return contender;
  }
}

class Contender {
  readonly process: VirtualProcess;
  readonly store: MemoryStore;
  readonly election: Election;
  readonly told: PublicRole[] = [];
  readonly errors: Error[] = [];
  termFloor = 0;
  /** Makes the store fail. */
  broken = false;

  constructor(contest: Contest, instance: string) {
    this.process = new VirtualProcess(contest.time);
    this.store = new MemoryStore(contest.content);
    const { store, process } = this;
    const or = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.broken) throw new SkeinError("storeFailed", "broken on purpose");
      return work();
    };
    this.election = new Election({
      clock: process.clock,
      instance,
      termFloor: () => this.termFloor,
      onRole: (role) => this.told.push(role),
      onError: (error) => this.errors.push(error),
      store: {
        silence: store.silence,
        read: () => or(() => store.read()),
        acquire: (holder, seen, floor) => or(() => store.acquire(holder, seen, floor)),
        beat: (lease) => or(() => store.beat(lease)),
        resign: (lease) => or(() => store.resign(lease)),
        watch: (watcher) =>
          store.watch({
            changed: (state) => process.deliver(() => watcher.changed(state)),
            failed: (error) => process.deliver(() => watcher.failed(error)),
          }),
      },
    });
  }
}

test("the first to come leads, the second stands by and knows who leads", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  const b = await contest.enter("b");
  await contest.time.run(5000);
  assert.deepEqual(a.election.role, { kind: "leader", term: 1 });
  assert.deepEqual(a.election.lease, { holder: "a", term: 1 });
  assert.deepEqual(b.election.role, { kind: "standby", leader: "a", term: 1 });
  assert.equal(b.election.lease, undefined);
  assert.deepEqual(a.told.at(-1), { kind: "leader", term: 1 });
});

test("one that could see nothing at its start takes the free seat when the store answers, though nothing changes", async () => {
  const contest = new Contest();
  const a = await contest.enter("a", { broken: true });
  await contest.time.run(60_000);
  assert.deepEqual(a.election.role, { kind: "standby", leader: null, term: 0 });
  a.broken = false;
  await contest.time.run(electionRules.beatEveryMs + electionRules.tickMs);
  assert.deepEqual(a.election.role, { kind: "leader", term: 1 });
});

test("nobody waits at the start for a store that does not answer", async () => {
  const contest = new Contest();
  const a = new Contender(contest, "a");
  let answer = (): void => {};
  const silence = new Promise<void>((resolve) => (answer = resolve));
  const read = a.store.read.bind(a.store);
  a.store.read = async () => silence.then(read);
  let started = false;
  void Promise.resolve(a.election.start()).then(() => (started = true));
  await contest.time.run(0);
  assert.ok(started);
  assert.deepEqual(a.election.role, { kind: "standby", leader: null, term: 0 });
  answer();
  await contest.time.run(0);
  assert.deepEqual(a.election.role, { kind: "leader", term: 1 });
});

test("a new term is above the highest that anybody told", async () => {
  const contest = new Contest();
  const a = new Contender(contest, "a");
  a.termFloor = 99;
  a.election.start();
  await contest.time.run(0);
  assert.deepEqual(a.election.role, { kind: "leader", term: 100 });
});

test("a killed leader is replaced at once when its exit is reported", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  const b = await contest.enter("b");
  await contest.time.run(1000);
  a.process.kill();
  b.election.holderExited("a");
  await contest.time.run(0);
  assert.deepEqual(b.election.role, { kind: "leader", term: 2 });
  assert.deepEqual([a.election.takeover, b.election.takeover], ["free", "ended"]);
});

test("a killed leader is replaced after its silence when nobody reports it", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  const b = await contest.enter("b");
  await contest.time.run(1000);
  a.process.kill();
  const took = await contest.time.runUntil(() => b.election.lease !== undefined, 10_000);
  assert.ok(took);
  assert.ok(contest.time.nowMs - 1000 <= electionRules.takeoverMs + electionRules.tickMs);
  assert.equal(b.election.takeover, "silent");
});

test("a stopped leader that wakes has no lease for a moment, and its old one writes nothing", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  const b = await contest.enter("b");
  await contest.time.run(1000);
  const old = a.election.lease;
  const toldBefore = a.told.length;
  a.process.stop();
  await contest.time.run(3000);
  assert.deepEqual(b.election.role, { kind: "leader", term: 2 });
  assert.equal(a.election.lease, undefined, "too old, although its loop has not run yet");
  a.process.continue();
  await contest.time.run(1000);
  assert.deepEqual(a.election.role, { kind: "standby", leader: "b", term: 2 });
  assert.ok(!a.told.slice(toldBefore).some((role) => role.kind === "leader"));
  assert.ok(old !== undefined);
  assert.equal(await a.store.write(old, []), "stale-term");
});

test("when all are stopped and wake together, the leader leads on in its term", async () => {
  const contest = new Contest();
  const all = [await contest.enter("a"), await contest.enter("b"), await contest.enter("c")];
  await contest.time.run(1000);
  for (const { process } of all) process.stop();
  await contest.time.run(30_000);
  for (const { process } of all.reverse()) process.continue();
  await contest.time.run(5000);
  assert.deepEqual(all[2]?.election.role, { kind: "leader", term: 1 });
});

test("a polite end hands over at once and never takes the seat again", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  const b = await contest.enter("b");
  await contest.time.run(1000);
  await a.election.resign();
  await contest.time.run(0);
  assert.deepEqual(b.election.role, { kind: "leader", term: 2 });
  assert.equal(b.election.takeover, "free");
  b.process.kill();
  await contest.time.run(10_000);
  assert.equal(a.election.role.kind, "standby");
});

test("a leader whose store fails steps back in time, and leads on when it works again", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  await contest.time.run(1000);
  a.broken = true;
  await contest.time.run(electionRules.doubtAfterMs + electionRules.beatEveryMs);
  assert.equal(a.election.role.kind, "standby");
  assert.ok(a.errors.length > 0);
  a.broken = false;
  await contest.time.run(electionRules.beatEveryMs);
  assert.deepEqual(a.election.role, { kind: "leader", term: 1 });
});

test("a refused write that the controller reports ends the leadership at once", async () => {
  const contest = new Contest();
  const a = await contest.enter("a");
  await contest.time.run(1000);
  const { leadership } = await a.store.read();
  await a.store.acquire("stranger", leadership, 0);
  a.election.staleTerm(1);
  assert.equal(a.election.lease, undefined);
  await contest.time.run(0);
  assert.deepEqual(a.election.role, { kind: "standby", leader: "stranger", term: 2 });
});
