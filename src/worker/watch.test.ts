import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { seededRandom } from "../runtime/random.ts";
import { joinSettings } from "./options.ts";
import { newSharedLoad, sharedLoadIn, writeFirstContact } from "./shared-load.ts";
import { testingClock } from "./testing-clock.ts";
import { TestingNetwork, welcomeFrame } from "./testing-network.ts";
import type { ThreadNews, ThreadOrder, ThreadStart } from "./thread-words.ts";
import { Watch } from "./watch.ts";

const url = "http://127.0.0.1:7600";

/** A thread that does what the test says. */
class TestingThread extends EventEmitter {
  readonly start: ThreadStart;
  readonly orders: ThreadOrder[] = [];

  constructor(start: ThreadStart) {
    super();
    this.start = start;
  }

  unref(): void {}

  postMessage(order: ThreadOrder): void {
    this.orders.push(order);
  }

  fail(): void {
    this.emit("error", new Error("no such file"));
  }

  say(news: ThreadNews): void {
    this.emit("message", news);
  }
}

/** `throw`: a thread cannot even be made. */
type Threads = "run" | "fail" | "throw";

/** A watch, and a controller that tells a life its own generation, or 9. */
function scene(threadsDo: Threads = "fail") {
  const clock = testingClock();
  const network = new TestingNetwork(clock);
  network.manners.set(url, "accept");
  network.answer = (connection, frame) => {
    if (frame.t === "hello")
      connection.say(welcomeFrame({ generation: frame.generation ?? 9, controllers: [url], url }));
    if (frame.t === "drain") connection.say({ t: "draining" });
  };
  const threads: TestingThread[] = [];
  const startedMs: number[] = [];
  const news: ThreadNews[] = [];
  const failures: string[] = [];
  const load = newSharedLoad();
  const made = {
    threadsDo,
    clock,
    network,
    news,
    failures,
    startedMs,
    get thread(): TestingThread {
      return threads.at(-1) as TestingThread;
    },
    /** The first contact got this generation, or is lost. */
    contact: (told: number | "failed"): void => {
      writeFirstContact(sharedLoadIn(load), told === "failed" ? told : { generation: told });
      watch.firstContactIsOver();
    },
    /** What is told of sessions last. */
    open: (): number | undefined => news.filter((told) => told.t === "sessions").at(-1)?.open,
    /** What was said of itself with each session: the number of this life, if it knew one. */
    generations: (): unknown[] =>
      network.made.flatMap(({ received }) =>
        received.flatMap((frame) => (frame.t === "hello" ? [frame.generation] : [])),
      ),
    get watch(): Watch {
      return watch;
    },
  };
  const watch: Watch = new Watch({
    settings: joinSettings("orders", { control: url }, {}),
    load,
    ports: { clock, random: seededRandom(1), connect: network.connect },
    join: {
      registration: { service: "orders", id: "o-1", instance: "i", address: ":8081" },
      life: undefined,
      draining: false,
    },
    tell: (told) => news.push(told),
    failed: ({ message }) => failures.push(message),
    startThread: (start) => {
      startedMs.push(clock.now());
      if (made.threadsDo === "throw") throw new Error("not allowed");
      const thread = new TestingThread(start);
      threads.push(thread);
      if (made.threadsDo === "fail") clock.after(0, () => thread.fail());
      return thread as unknown as Worker;
    },
  });
  return made;
}

for (const [threadsDo, failure] of [
  ["fail", "no such file"],
  ["throw", "not allowed"],
] as const) {
  test(`threads ${threadsDo}: tried ever later, told of once; one that ran long fails anew`, () => {
    const at = scene(threadsDo);
    at.clock.advance(120_000);
    const gaps = at.startedMs.slice(1).map((ms, index) => ms - (at.startedMs[index] ?? 0));
    assert.deepEqual(gaps, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert.deepEqual(at.failures, [failure]);
    at.threadsDo = "run";
    at.clock.advance(120_000);
    at.thread.fail();
    assert.equal(at.failures.length, 2);
  });
}

test("while no thread runs the sessions are held here, under the life of the first contact, also when they are lost", () => {
  const at = scene();
  at.clock.advance(100);
  assert.equal(at.network.made.length, 0);
  at.contact(4);
  at.clock.advance(100);
  assert.equal(at.open(), 1);
  for (const connection of at.network.open(url)) connection.lose();
  assert.equal(at.open(), 0);
  at.clock.advance(5_000);
  assert.equal(at.open(), 1);
  assert.deepEqual(at.generations(), [4, 4]);
});

test("a thread fails after the first contact was lost: a life that it was given is kept, else one is asked for", () => {
  for (const generation of [4, undefined]) {
    const at = scene("run");
    if (generation !== undefined) at.contact(generation);
    at.contact("failed");
    at.thread.fail();
    at.clock.advance(100);
    assert.deepEqual(at.generations(), [generation]);
  }
});

test("nobody is reached from here: that is told as it is of a thread's", () => {
  const at = scene();
  at.network.manners.set(url, "refuse");
  at.contact(4);
  at.clock.advance(5_000);
  assert.equal(at.open(), 0);
  assert.equal(at.news.filter(({ t }) => t === "unreachable").length, 1);
});

test("a thread that is welcomed takes over with the same life; until then it does not speak", () => {
  const at = scene();
  at.contact(4);
  at.clock.advance(500);
  at.threadsDo = "run";
  at.clock.advance(1_000);
  assert.equal(at.thread.start.join?.life?.generation, 4);
  at.thread.say({ t: "unreachable", tried: [url], url, reason: "not yet", refused: false });
  assert.ok(!at.news.some(({ t }) => t === "unreachable"));
  assert.equal(at.network.open(url).length, 1);
  at.thread.say({ t: "welcomed", controller: "a", controllers: [url], generation: 4 });
  at.thread.say({ t: "sessions", open: 1 });
  assert.equal(at.open(), 1);
  assert.equal(at.network.open(url).length, 0);
  assert.deepEqual(
    at.network.made.flatMap(({ received }) => received.map(({ t }) => t)).filter((t) => t === "leave"),
    [],
  );
});

test("what is held here drains and leaves, and nothing comes back", () => {
  const at = scene();
  at.contact(4);
  at.clock.advance(500);
  at.watch.drain();
  at.clock.advance(10);
  at.watch.leave();
  assert.deepEqual(
    at.news.map(({ t }) => t).filter((t) => t === "drained" || t === "left"),
    ["drained", "left"],
  );
  at.clock.advance(120_000);
  assert.equal(at.network.open(url).length, 0);
  assert.equal(at.thread.start.join, undefined);
});
