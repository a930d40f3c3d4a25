import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerItem } from "../protocol/peer.ts";
import { ClusterClock } from "../runtime/cluster-clock.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { MemoryPeerHub } from "./memory-transport.ts";
import { PeerNetwork, peerTimes } from "./network.ts";
import { outboundLimits } from "./outbound.ts";
import type { PeerStreamListener } from "./peers.ts";

const left = (id: string): PeerItem => ({ kind: "left", service: "web", id, generation: 1 });

/** Controllers joined in memory; a message takes 1 ms. */
class Meeting {
  readonly time = new VirtualTime();
  readonly members = new Map<string, Member>();
  readonly cut = new Set<string>();
  readonly hub = new MemoryPeerHub({
    carry: (_from, to, arrive) => {
      const at = this.members.get(to);
      this.time.at(this.time.nowMs + 1, () => at?.process.deliver(arrive));
    },
    reachable: (from, to) => !this.cut.has(from) && !this.cut.has(to),
  });

  join(name: string, instance = `${name}-life-1`, settled = true): Member {
    const member = new Member(this, name, instance, settled);
    this.members.set(name, member);
    this.hub.listen(name, member.network);
    member.network.start();
    return member;
  }
}

class Member {
  readonly process: VirtualProcess;
  readonly network: PeerNetwork;
  readonly log: string[] = [];
  readonly items: PeerItem[] = [];
  readonly clusterClock: ClusterClock;
  snapshot: PeerItem[] = [];
  term = 0;
  leader = false;

  constructor(meeting: Meeting, name: string, instance: string, settled: boolean) {
    this.process = new VirtualProcess(meeting.time);
    this.clusterClock = new ClusterClock(this.process.clock);
    this.network = new PeerNetwork({
      self: { controller: instance, name, url: `http://${name}`, home: { gateway: "g", host: "h" } },
      clock: this.process.clock,
      transport: meeting.hub.transport(name),
      ports: {
        clock: this.clusterClock,
        onAsk: async (from, { target }) => ({ status: 200, headers: {}, body: `${from.name} ${target}` }),
        leadership: () => ({ term: this.term, leader: this.leader }),
        snapshot: () => ({ items: this.snapshot, settled }),
        onItems: (from, items) => {
          this.items.push(...items);
          for (const item of items) this.log.push(`${from.name}: ${describe(item)}`);
        },
        onSnapshot: (from, settled) => this.log.push(`${from.name}: snapshot, settled ${settled}`),
        onPeer: (change) => {
          const { kind, peer } = change;
          const more =
            kind === "down" ? ` (${change.cause})` : kind === "changed" ? ` term ${peer.term}` : "";
          this.log.push(`${kind} ${peer.controller}${more}`);
        },
      },
    });
  }

  took(): string[] {
    return this.log.splice(0);
  }
}

function describe(item: PeerItem): string {
  return item.kind === "left" ? `left ${item.id}` : item.kind;
}

test("controllers find each other, hand over what they know, and pass on news once", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  a.snapshot = [left("old")];
  const b = meeting.join("controller-2", "controller-2-life-1", false);
  const c = meeting.join("controller-3");
  await meeting.time.run(20);
  assert.deepEqual(
    a
      .took()
      .filter((line) => line.startsWith("up"))
      .sort(),
    ["up controller-2-life-1", "up controller-3-life-1"],
  );
  assert.ok(b.took().includes("controller-1: left old"));
  assert.ok(c.took().includes("controller-2: snapshot, settled false"));
  assert.equal(a.network.peers.length, 2);

  b.network.broadcast(left("x"));
  b.network.broadcast(left("y"));
  await meeting.time.run(peerTimes.batchMs + 2);
  assert.deepEqual(a.took(), ["controller-2: left x", "controller-2: left y"]);
  assert.deepEqual(c.took(), ["controller-2: left x", "controller-2: left y"]);
  assert.deepEqual(b.took(), []);
});

test("a quiet peer stays up; a killed one is down at once; its next life is a new peer", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  const b = meeting.join("controller-2");
  await meeting.time.run(10_000);
  assert.deepEqual(a.took(), ["up controller-2-life-1", "controller-2: snapshot, settled true"]);
  b.process.kill();
  meeting.hub.vanish("controller-2");
  await meeting.time.run(2);
  assert.deepEqual(a.took(), ["down controller-2-life-1 (closed)"]);
  await meeting.time.run(5000);
  meeting.join("controller-2", "controller-2-life-2");
  await meeting.time.run(20);
  assert.deepEqual(a.took(), ["up controller-2-life-2", "controller-2: snapshot, settled true"]);
});

test("a stopped peer is down after the silence, and back with a snapshot when it goes on", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  const b = meeting.join("controller-2");
  await meeting.time.run(1000);
  a.took();
  b.process.stop();
  await meeting.time.run(peerTimes.silenceMs - peerTimes.aliveMs);
  assert.deepEqual(a.took(), []);
  await meeting.time.run(peerTimes.aliveMs + peerTimes.checkMs);
  assert.deepEqual(a.took(), ["down controller-2-life-1 (silent)"]);
  b.snapshot = [left("meanwhile")];
  b.process.continue();
  await meeting.time.run(peerTimes.discoverMs + 10);
  assert.deepEqual(a.took(), [
    "up controller-2-life-1",
    "controller-2: left meanwhile",
    "controller-2: snapshot, settled true",
  ]);
});

test("own pauses do not make the others look lost", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  meeting.join("controller-2");
  await meeting.time.run(1000);
  a.took();
  a.process.stop();
  await meeting.time.run(900);
  a.process.continue();
  await meeting.time.run(2000);
  assert.deepEqual(a.took(), []);
});

test("a change of term or role is told at once", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  const b = meeting.join("controller-2");
  await meeting.time.run(20);
  a.took();
  b.term = 4;
  b.leader = true;
  b.network.announce();
  await meeting.time.run(1);
  assert.deepEqual(a.took(), ["changed controller-2-life-1 term 4"]);
  assert.deepEqual(
    a.network.peers.map(({ term, leader }) => ({ term, leader })),
    [{ term: 4, leader: true }],
  );
});

test("a polite close is seen at once, with the last news before it", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  const b = meeting.join("controller-2");
  await meeting.time.run(20);
  a.took();
  b.network.broadcast(left("last"));
  b.network.close();
  await meeting.time.run(1);
  assert.deepEqual(a.took(), ["controller-2: left last", "down controller-2-life-1 (closed)"]);
});

test("a large snapshot comes in frames of bounded size, complete and in order", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  a.snapshot = Array.from({ length: 5500 }, (_, index) => left(`w${index}`));
  const b = meeting.join("controller-2");
  await meeting.time.run(20);
  assert.deepEqual(b.items, a.snapshot);
  assert.equal(b.log.filter((line) => line.includes("snapshot")).length, 1);
});

/** A controller that speaks to one receiver, of which the test says how much waits for it. */
async function speakerOf(snapshot: PeerItem[]) {
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const receiver = { buffered: 0, sent: [] as string[] };
  let listener: PeerStreamListener | undefined;
  const network = new PeerNetwork({
    self: { controller: "a", name: "controller-1", url: "", home: { gateway: "g", host: "h" } },
    clock,
    transport: {
      names: async () => ["controller-2"],
      isHere: () => true,
      dial: (_name, given) => {
        listener = given;
        return {
          send: (text) => receiver.sent.push(text),
          get bufferedBytes() {
            return receiver.buffered;
          },
          close: () => {},
        };
      },
      onChange: () => {},
      close: () => {},
    },
    ports: {
      clock: new ClusterClock(clock),
      onAsk: async () => ({ status: 200, headers: {}, body: "" }),
      leadership: () => ({ term: 1, leader: true }),
      snapshot: () => ({ items: snapshot, settled: true }),
      onItems: () => {},
      onSnapshot: () => {},
      onPeer: () => {},
    },
  });
  network.start();
  await time.run(1);
  listener?.opened();
  const say = async (id: string): Promise<void> => {
    network.broadcast(left(id));
    await time.run(peerTimes.batchMs);
  };
  /** The kinds of frames since the last look. */
  const kinds = (): string[] => receiver.sent.splice(0).map((text) => JSON.parse(text).t as string);
  return { network, receiver, say, kinds };
}

test("a slow receiver loses news, and gets a snapshot when it has caught up", async () => {
  const { network, receiver, say, kinds } = await speakerOf([left("s")]);
  assert.deepEqual(kinds(), ["hello", "snapshot"]);
  receiver.buffered = outboundLimits.bufferedBytesMax + 1_000;
  for (let round = 0; round < 3; round += 1) await say("dropped");
  assert.deepEqual(kinds(), [], "nothing more is put on a full stream");
  receiver.buffered = 0;
  await say("covered by the snapshot");
  assert.equal(kinds()[0], "snapshot");
  await say("flows again");
  assert.equal(kinds()[0], "news");
  network.close();
});

test("a snapshot that is larger than what may wait puts nobody behind, but what waits beside it does", async () => {
  const count = (2 * outboundLimits.bufferedBytesMax) / 200;
  const snapshot = Array.from({ length: count }, (_, index) => left(`${index}`.padStart(200, "w")));
  const { network, receiver, say, kinds } = await speakerOf(snapshot);
  const snapshotBytes = receiver.sent.reduce((sum, text) => sum + text.length, 0);
  assert.ok(snapshotBytes > 2 * outboundLimits.bufferedBytesMax);
  kinds();
  receiver.buffered = snapshotBytes;
  await say("beside it");
  assert.deepEqual(kinds(), ["news"]);
  receiver.buffered = snapshotBytes + outboundLimits.bufferedBytesMax + 1;
  await say("dropped");
  assert.deepEqual(kinds(), []);
  receiver.buffered = 0;
  await say("covered by the snapshot");
  receiver.buffered = snapshotBytes;
  assert.equal(kinds()[0], "snapshot");
  await say("beside the second one");
  assert.deepEqual(kinds(), ["news"]);
  receiver.buffered = 0;
  await say("caught up");
  receiver.buffered = snapshotBytes;
  await say("dropped: of news so much may not wait");
  assert.deepEqual(kinds(), ["news"]);
  network.close();
});

test("what is no peer's frame ends the stream", async () => {
  const bad = ["", "{", "[]", '{"t":"alive","term":1,"leader":true}', '{"t":"hello","v":2}', '{"t":"x"}'];
  for (const text of bad) {
    const meeting = new Meeting();
    const a = meeting.join("controller-1");
    let closed = false;
    let hear: ((text: string) => void) | undefined;
    a.network.accept((listener) => {
      hear = (said) => listener.message(said);
      return { bufferedBytes: 0, send: () => {}, close: () => (closed = true) };
    });
    hear?.(text);
    assert.ok(closed, text);
    assert.deepEqual(a.network.peers, []);
  }
});

const home = { gateway: "g", host: "h" };
const hello = {
  t: "hello",
  v: 1,
  controller: "x",
  name: "g/x",
  url: "http://x",
  term: 1,
  leader: false,
  home,
};

test("a hello that tells another than was proven ends the stream", async () => {
  const proven = { controller: "x", name: "g/x", home };
  const lies = [{ controller: "y" }, { name: "g/y" }, { home: { ...home, host: "h2" } }, { home: undefined }];
  for (const lie of [{}, ...lies]) {
    const a = new Meeting().join("controller-1");
    let hear: ((text: string) => void) | undefined;
    a.network.accept((listener) => {
      hear = (said) => listener.message(said);
      return { bufferedBytes: 0, send: () => {}, close: () => {} };
    }, proven);
    hear?.(JSON.stringify({ ...hello, ...lie }));
    assert.equal(a.network.peers.length, Object.keys(lie).length === 0 ? 1 : 0, JSON.stringify(lie));
  }
});

test("a question goes to one peer, and its answer comes back on that peer's own stream", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  const b = meeting.join("controller-2");
  await meeting.time.run(20);
  const peer = a.network.peers.find(({ name }) => name === "controller-2")!;
  const request = { method: "POST", target: "/v1/workers/w/drain", body: "" };
  const answer = a.network.ask(peer, request);
  await meeting.time.run(10);
  assert.equal((await answer).body, "controller-1 /v1/workers/w/drain");

  const unanswered = a.network.ask(peer, request);
  b.process.kill();
  meeting.hub.vanish("controller-2");
  await Promise.all([assert.rejects(unanswered, /did not answer/), meeting.time.run(10)]);
  await assert.rejects(a.network.ask(peer, request), /cannot be reached/);
});

test("a peer that is stopped answers nothing in time, and a late answer is nobody's", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  const b = meeting.join("controller-2");
  await meeting.time.run(20);
  const request = { method: "DELETE", target: "/v1/workers/w", body: "" };
  const unanswered = a.network.ask(a.network.peers[0]!, request);
  b.process.stop();
  await Promise.all([assert.rejects(unanswered, /did not answer/), meeting.time.run(6_000)]);
  b.process.continue();
  await meeting.time.run(3_000);
  const again = a.network.ask(a.network.peers[0]!, request);
  await meeting.time.run(10);
  assert.equal((await again).status, 200);
});

test("the cluster's clock travels with hello and alive", async () => {
  const meeting = new Meeting();
  const a = meeting.join("controller-1");
  a.clusterClock.heard(1_000_000);
  const b = meeting.join("controller-2");
  await meeting.time.run(20);
  assert.ok(b.clusterClock.now() >= 1_000_000);
  a.clusterClock.heard(2_000_000);
  await meeting.time.run(peerTimes.aliveMs + 5);
  assert.ok(b.clusterClock.now() >= 2_000_000);
});
