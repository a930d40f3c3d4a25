import assert from "node:assert/strict";
import { test } from "node:test";
import { a, b, cluster, door } from "./testing-cluster.ts";

test("refused for now: tries again after the time it was told; refused for good: never", () => {
  const { clock, network, join, told, news } = cluster();
  let final = false;
  network.answer = (connection, frame) => {
    if (frame.t !== "hello") return;
    connection.say({ t: "refused", code: "too-many-requests", detail: "later", final, retryAfterMs: 5000 });
  };
  join();
  clock.advance(4900);
  assert.equal(network.made.length, 1);
  clock.advance(400);
  assert.equal(network.made.length, 2);
  final = true;
  clock.advance(60_000);
  assert.equal(network.made.length, 3);
  assert.deepEqual(told("refused"), [{ t: "refused", code: "too-many-requests", detail: "later" }]);
  assert.equal(news.at(-1)?.t, "refused");
});

/** Sessions with a (by the door); b refuses every hello for good with `code`. */
function refusedByOne(code: string) {
  const parts = cluster();
  const { clock, network, join } = parts;
  const { answer } = network;
  network.answer = (connection, frame) => {
    if (connection.url !== b || frame.t !== "hello") return answer(connection, frame);
    connection.say({ t: "refused", code, detail: "not you", final: true, retryAfterMs: 0 });
  };
  join();
  clock.advance(100);
  return { ...parts, answer };
}

/** Both controllers that let it in, and their door, are away for two seconds. */
function takeAway({ clock, network }: Pick<ReturnType<typeof cluster>, "clock" | "network">) {
  for (const url of [door, a]) network.manners.set(url, "refuse");
  for (const connection of network.made) connection.lose();
  clock.advance(2_000);
  for (const url of [door, a]) network.manners.set(url, "accept");
}

test("one controller that does not let it in as it is ends nothing: the others are come back to, it is asked seldom", () => {
  const { clock, network, answer, told } = refusedByOne("address-forbidden");
  const turnedAway = { t: "turned-away", controller: b, code: "address-forbidden", detail: "not you" };
  assert.deepEqual(told("turned-away"), [turnedAway]);
  takeAway({ clock, network });
  clock.advance(15_000);
  assert.equal(told("sessions").at(-1)?.open, 1);
  assert.deepEqual(told("refused"), []);
  const asked = () => network.made.filter(({ url }) => url === b).length;
  const before = asked();
  clock.advance(3_600_000);
  assert.ok(asked() - before >= 11 && asked() - before <= 25, `${asked() - before} times in an hour`);
  network.answer = answer;
  clock.advance(302_000);
  assert.equal(told("sessions").at(-1)?.open, 2);
});

for (const joined of [true, false]) {
  test(`a name that leads elsewhere for long is told once and asked about seldom, ${joined ? "by one" : "by all"}`, () => {
    const { clock, network, join, told } = cluster();
    const { answer } = network;
    network.answer = (connection, frame) => {
      if ((joined && connection.url !== b) || frame.t !== "hello") return answer(connection, frame);
      const refused = { code: "name-elsewhere", detail: "10.0.0.5", final: false, retryAfterMs: 1_000 };
      connection.say({ t: "refused", ...refused });
    };
    join();
    const controller = joined ? b : door;
    const asked = () => network.made.filter(({ url }) => url === controller).length;
    clock.advance(9_000);
    assert.ok(asked() >= 5 && asked() < 10, `${asked()} times, as it may only lag`);
    assert.deepEqual(told("turned-away"), []);
    clock.advance(21_000);
    const before = asked();
    clock.advance(600_000);
    assert.ok(asked() - before >= 18 && asked() - before <= 40, `${asked() - before} times in ten minutes`);
    assert.deepEqual(told("turned-away"), [
      { t: "turned-away", controller, code: "name-elsewhere", detail: "10.0.0.5" },
    ]);
    network.answer = answer;
    clock.advance(32_000);
    assert.equal(told("sessions").at(-1)?.open, 2);
  });
}

test("what is said by one controller for all ends the membership once no other holds it", () => {
  for (const code of ["generation-old", "forbidden", "unauthorized"]) {
    const { clock, network, open, told } = refusedByOne(code);
    takeAway({ clock, network });
    clock.advance(60_000);
    assert.deepEqual(open(), [], code);
    assert.equal(told("refused").at(-1)?.code, code);
  }
});
