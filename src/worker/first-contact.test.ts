import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../runtime/random.ts";
import { FirstContact } from "./first-contact.ts";
import { testingClock } from "./testing-clock.ts";
import { TestingNetwork, welcomeFrame } from "./testing-network.ts";

const url = "http://127.0.0.1:7600";

function contact(manner: "accept" | "refuse" | "hang", alone = false) {
  const clock = testingClock();
  const network = new TestingNetwork(clock);
  network.manners.set(url, manner);
  network.answer = (connection, frame) => {
    if (frame.t === "hello") connection.say(welcomeFrame({ controller: "a", generation: 4 }));
    if (frame.t === "drain") connection.say({ t: "draining" });
  };
  const told: string[] = [];
  const made = new FirstContact(
    url,
    { service: "orders", id: "o-1", instance: "i", address: ":8081" },
    {
      clock,
      random: seededRandom(1),
      connect: network.connect,
      load: () => ({}),
      tooLate: () => alone,
      welcomed: ({ generation }) => told.push(`welcomed ${generation}`),
      refused: (code) => told.push(`refused ${code}`),
      failed: () => told.push("failed"),
      draining: () => told.push("draining"),
    },
  );
  return { clock, network, told, made };
}

test("asks one controller, and holds it until the watch thread does", () => {
  const { clock, network, told, made } = contact("accept");
  clock.advance(5000);
  assert.deepEqual(told, ["welcomed 4"]);
  made.handOver("b");
  assert.equal(made.holding, true);
  made.handOver("a");
  assert.equal(made.holding, false);
  clock.advance(60_000);
  assert.equal(network.made.length, 1);
  assert.ok(network.made[0]?.received.every(({ t }) => t === "hello" || t === "beat"));
});

test("no controller: told, and never tried again, for the watch thread does", () => {
  const { clock, network, told } = contact("refuse");
  clock.advance(60_000);
  assert.deepEqual(told, ["draining", "failed"]);
  assert.equal(network.made.length, 1);
});

test("a watch thread that went alone: no hello, for two would ask for two generations", () => {
  const { clock, network, told } = contact("accept", true);
  clock.advance(60_000);
  assert.deepEqual(told, ["draining", "failed"]);
  assert.deepEqual(network.made[0]?.received, []);
});

test("drains and leaves like every session", () => {
  const { clock, network, told, made } = contact("accept");
  clock.advance(100);
  made.drain();
  clock.advance(10);
  made.leave();
  assert.deepEqual(told, ["welcomed 4", "draining"]);
  assert.deepEqual(
    network.made[0]?.received.map(({ t }) => t).filter((t) => t !== "beat"),
    ["hello", "drain", "leave"],
  );
});
