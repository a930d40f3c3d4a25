import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../runtime/random.ts";
import { a, b, c, cluster, door } from "./testing-cluster.ts";

test("joins by the door, then holds one session with every controller, with the generation of the first", () => {
  const { clock, network, join, open, told } = cluster();
  join();
  clock.advance(100);
  assert.deepEqual(open(), [door, b]);
  assert.equal(network.made.length, 2);
  const hello = network.open(b)[0]?.received[0];
  assert.deepEqual(hello, {
    t: "hello",
    v: 1,
    service: "orders",
    id: "o-1",
    instance: "i",
    address: ":8081",
    ttlMs: 3000,
    generation: 7,
  });
  assert.deepEqual(told("sessions").at(-1), { t: "sessions", open: 2 });
});

test("in a crowd the second session waits for its moment, and nobody is asked for signs of life meanwhile", () => {
  const { clock, network, state, join, open, told } = cluster();
  state.othersWithinMs = 60_000;
  join(() => 0.2);
  clock.advance(35_900);
  assert.deepEqual(open(), [door]);
  assert.equal(network.open(door)[0]?.pings, 3, "each 10 s without a word of the controller, as ever");
  assert.deepEqual(told("sessions").at(-1), { t: "sessions", open: 1 });
  clock.advance(200);
  assert.deepEqual(open(), [door, b]);
  assert.equal(network.made.length, 2);
});

test("who comes back in a crowd gives up what else it tried when the first welcomes it", () => {
  const { clock, network, state, join, open } = cluster();
  join();
  clock.advance(100);
  state.othersWithinMs = 60_000;
  // With the door closed everybody is tried; b answers later than a.
  network.manners.set(door, "refuse");
  network.manners.set(b, "hang");
  for (const url of open()) for (const connection of network.open(url)) connection.lose();
  clock.advance(300);
  assert.deepEqual(open(), [a]);
  network.manners.set(b, "accept");
  clock.advance(60_000);
  assert.deepEqual(open(), [a, b]);
});

test("a controller that does not say its address is found out by its name: the newer session stays", () => {
  const { clock, state, network, join, open } = cluster();
  state.tellUrl = false;
  join();
  clock.advance(100);
  assert.deepEqual(open(), [a, b]);
  assert.deepEqual(
    network.made.map(({ url, ended }) => [url, ended]),
    [
      [door, "closed"],
      [a, undefined],
      [b, undefined],
    ],
  );
  clock.advance(10_000);
  assert.equal(network.made.length, 3);
});

test("beats at the pace that the controller asks for, with a sequence that grows", () => {
  const { clock, network, join } = cluster();
  join();
  clock.advance(10_500);
  const beats = network.open(b)[0]?.received.filter((frame) => frame.t === "beat") ?? [];
  assert.ok(beats.length === 10 || beats.length === 11, `${beats.length} beats`);
  assert.deepEqual(beats[0], { t: "beat", seq: 1, load: { inFlight: 2 } });
  assert.deepEqual(
    beats.map((frame) => frame.seq),
    beats.map((_, index) => index + 1),
  );
  network.open(b)[0]?.say({ t: "pace", heartbeatEveryMs: 5000, ttlMs: 15_000 });
  clock.advance(20_000);
  const all = network.open(b)[0]?.received.filter((frame) => frame.t === "beat") ?? [];
  assert.equal(all.length - beats.length, 4);
});

test("answers a ping at once", () => {
  const { clock, network, join } = cluster();
  join();
  clock.advance(100);
  network.open(b)[0]?.say({ t: "ping", n: 42 });
  assert.deepEqual(network.open(b)[0]?.received.at(-1), { t: "pong", n: 42 });
});

test("a lost session comes back by itself, and never in less than no time: full jitter, growing, capped", () => {
  const { clock, network, join, open } = cluster();
  join();
  clock.advance(20_000);
  network.manners.set(b, "refuse");
  network.open(b)[0]?.lose();
  const before = network.made.length;
  clock.advance(60_000);
  const tries = network.made.length - before;
  // Uniform below 2 s: about one a second.
  assert.ok(tries > 40 && tries < 90, `${tries} attempts in a minute`);
  network.manners.set(b, "accept");
  clock.advance(2100);
  assert.deepEqual(open(), [door, b]);
});

test("with every controller lost, what the door has taken is waited for, and no other address tried", () => {
  const { clock, network, join } = cluster();
  join();
  clock.advance(20_000);
  // They were killed together; the next ones, at other addresses, are still starting.
  for (const url of [a, b]) network.manners.set(url, "refuse");
  const { answer } = network;
  network.answer = () => undefined;
  const from = network.made.length;
  for (const connection of network.made) connection.lose();
  clock.advance(4900);
  const tried = () => network.made.slice(from).map(({ url }) => url);
  assert.deepEqual(tried(), [door]);
  clock.advance(600);
  assert.ok(tried().includes(a) && tried().includes(b), "the door had five seconds");
  network.answer = answer;
  clock.advance(2100);
  assert.equal(network.open(door).length, 1);
});

test("with every controller lost, returns by known addresses and door, and tells what proves the life it had", () => {
  const { clock, network, state, join, told } = cluster();
  join();
  clock.advance(20_000);
  network.open(b)[0]?.say({ t: "proof", proof: "1-a" });
  for (const url of [door, a, b]) network.manners.set(url, "refuse");
  const from = network.made.length;
  for (const connection of network.made) connection.lose();
  clock.advance(5000);
  assert.equal(told("unreachable").length, 1);
  assert.deepEqual(told("unreachable")[0]?.tried, [a, b, door]);
  // Both come back with empty state: one at a new address, known only through the door.
  state.generation = 1;
  state.controllers = [c];
  network.manners.set(door, "accept");
  clock.advance(2100);
  const hello = network.open(door)[0]?.received[0];
  assert.deepEqual(hello?.t === "hello" && [hello.generation, hello.proof], [7, "1-a"]);
  const tried = new Set(network.made.slice(from).map((connection) => connection.url));
  assert.ok(tried.has(a) && tried.has(b) && tried.has(door));
  assert.equal(told("unreachable").length, 1);
});

test("without any controller at the start it tries the seeds in turn, warns once, and joins when one is there", () => {
  const { clock, network, join, told, open } = cluster([c, door]);
  network.manners.set(door, "refuse");
  join();
  clock.advance(30_000);
  assert.equal(told("unreachable").length, 1);
  assert.match(told("unreachable")[0]?.reason ?? "", /ECONNREFUSED/);
  network.manners.set(door, "accept");
  clock.advance(3000);
  assert.deepEqual(open(), [door, b]);
});

test("a controller that accepts and says nothing (stopped) does not hold up the join: the next seed is asked", () => {
  const { clock, network, join, open } = cluster([c, door]);
  network.manners.set(c, "hang");
  join();
  clock.advance(1200);
  assert.deepEqual(open(), [door, b]);
});

test("a session in which nothing is heard is asked for a sign of life, then given up; one that answers stays", () => {
  const { clock, network, join } = cluster();
  join();
  clock.advance(100);
  const [first, second] = [network.open(door)[0], network.open(b)[0]];
  if (first !== undefined) first.stopped = true;
  clock.advance(12_000);
  assert.equal(first?.pings, 1);
  assert.equal(second?.pings, 1);
  clock.advance(6000);
  assert.equal(first?.ended, "destroyed");
  assert.equal(second?.ended, undefined);
});

test("a silent session's connection stands until another has been welcomed in its place, or the membership ends", () => {
  for (const then of ["welcomed", "lost"] as const) {
    const { clock, network, join } = cluster();
    const membership = join();
    clock.advance(100);
    const [first] = network.open(door);
    assert.ok(first !== undefined);
    first.stopped = true;
    for (const url of [door, a]) network.manners.set(url, "hang");
    clock.advance(40_000);
    assert.equal(first.ended, undefined, "nobody else stands there yet");
    assert.ok(network.made.length > 2, "others were tried");
    if (then === "lost") membership.lose();
    else for (const url of [door, a]) network.manners.set(url, "accept");
    clock.advance(10_000);
    assert.equal(first.ended, "destroyed");
  }
});

test("a pause of this process ends no session: what waits in the socket is read first", () => {
  const { clock, network, join } = cluster();
  join();
  clock.advance(8000);
  const sessions = network.made.filter((connection) => connection.open);
  clock.pause(60_000);
  clock.advance(10_000);
  assert.deepEqual(
    sessions.map(({ ended }) => ended),
    [undefined, undefined],
  );
});

test("at a loopback address it is nothing to the controllers of other hosts, and calls none of them", () => {
  const { clock, network, names, state, join, told } = cluster(["http://10.0.0.1:7600"]);
  const [here, beside, there] = ["http://10.0.0.1:7001", "http://10.0.0.1:7002", "http://10.0.0.2:7001"];
  for (const url of ["http://10.0.0.1:7600", here, beside, there]) {
    names.set(url, { controller: url, url });
    network.manners.set(url, "accept");
  }
  names.set("http://10.0.0.1:7600", { controller: here, url: here });
  state.controllers = [here, beside, there];
  join(seededRandom(1), "127.0.0.1:8081");
  clock.advance(10_000);
  for (const connection of network.made) connection.lose();
  clock.advance(60_000);
  assert.equal(told("sessions").at(-1)?.open, 2);
  assert.ok(network.made.length > 2);
  assert.ok(!network.made.some(({ url }) => url === there));
});

test("drain: told to every controller; drained when all answered, or after 500 ms", () => {
  const { clock, network, join, told } = cluster();
  const answer = network.answer;
  network.answer = (connection, frame) => {
    if (frame.t === "drain" && connection.url === b) return;
    answer(connection, frame);
  };
  const membership = join();
  clock.advance(100);
  membership.drain();
  clock.advance(400);
  assert.equal(network.open(door)[0]?.received.at(-1)?.t, "drain");
  assert.equal(network.open(b)[0]?.received.at(-1)?.t, "drain");
  assert.equal(told("drained").length, 0);
  clock.advance(100);
  assert.equal(told("drained").length, 1);
  network.open(b)[0]?.say({ t: "draining" });
  assert.equal(told("drained").length, 1);
});

test("a session reopened during a drain or a block is told so at once", () => {
  const { clock, network, join } = cluster();
  const membership = join();
  clock.advance(100);
  membership.drain();
  membership.blocked(350);
  network.open(b)[0]?.lose();
  clock.advance(300);
  assert.deepEqual(
    network
      .open(b)[0]
      ?.received.slice(0, 3)
      .map((frame) => frame.t),
    ["hello", "drain", "blocked"],
  );
});

test("leave: says goodbye everywhere, closes in order, and tries nothing again", () => {
  const { clock, network, join, told } = cluster();
  const membership = join();
  clock.advance(100);
  const sessions = network.made.filter((connection) => connection.open);
  membership.leave();
  clock.advance(60_000);
  assert.deepEqual(
    sessions.map(({ received, ended }) => [received.at(-1)?.t, ended]),
    [
      ["leave", "closed"],
      ["leave", "closed"],
    ],
  );
  assert.equal(network.made.length, 2);
  assert.equal(told("left").length, 1);
});

test("what operators want counts only from a term that is not older", () => {
  const { clock, network, join, told } = cluster();
  join();
  clock.advance(100);
  network.open(b)[0]?.say({ t: "desired", term: 4, desired: "drain" });
  network.open(door)[0]?.say({ t: "desired", term: 3, desired: "serve" });
  assert.deepEqual(told("desired"), [{ t: "desired", desired: "drain" }]);
  network.open(door)[0]?.say({ t: "desired", term: 4, desired: "serve" });
  assert.equal(told("desired").length, 2);
});

test("a controller that joins later gets a session too; never more than three", () => {
  const { clock, network, names, state, join, open } = cluster();
  join();
  clock.advance(100);
  network.manners.set(c, "accept");
  network.open(b)[0]?.say({ t: "controllers", controllers: [b, c, a] });
  clock.advance(100);
  assert.deepEqual(open(), [door, b, c]);
  const more = ["http://127.0.0.1:7004", "http://127.0.0.1:7005"];
  for (const url of more) {
    names.set(url, { controller: url, url });
    network.manners.set(url, "accept");
  }
  state.controllers = [b, c, a, ...more];
  network.open(b)[0]?.say({ t: "controllers", controllers: state.controllers });
  clock.advance(500);
  assert.equal([door, a, b, c, ...more].filter((url) => network.open(url).length > 0).length, 3);
});

test("when gateways come, sessions spread over them, and those that are too many end", () => {
  const { clock, network, names, state, join, open } = cluster();
  join();
  clock.advance(100);
  assert.deepEqual(open(), [door, b]);
  const others = [1, 2, 3].map((host) => `http://10.0.0.${host}:7001`);
  for (const url of others) {
    names.set(url, { controller: url, url });
    network.manners.set(url, "accept");
  }
  state.controllers = [a, b, ...others];
  network.open(b)[0]?.say({ t: "controllers", controllers: state.controllers });
  clock.advance(500);
  const held = [door, b, ...others].filter((url) => network.open(url).length > 0);
  assert.equal(held.length, 3);
  assert.ok(held.filter((url) => others.includes(url)).length >= 2, held.join());
});

test("a session that its controllers do not name any more stays: it may be they who cannot see it", () => {
  const { clock, network, join, open } = cluster();
  join();
  clock.advance(100);
  network.open(b)[0]?.say({ t: "controllers", controllers: [b] });
  clock.advance(500);
  assert.deepEqual(open(), [door, b]);
});

/** Sessions with a (by the door) and b; then a dies, and b tells that it alone is left. */
function oneIsLost() {
  const parts = cluster();
  const { clock, network, join } = parts;
  join();
  clock.advance(100);
  network.manners.set(door, "refuse");
  network.open(door)[0]?.lose();
  const left = network.open(b)[0];
  assert.ok(left !== undefined);
  left.say({ t: "controllers", controllers: [b] });
  const from = network.made.length;
  const asked = () => network.made.slice(from).filter(({ received }) => received[0]?.t === "ask").length;
  return { ...parts, left, asked };
}

test("the controller that is left falls silent: the door is asked, and who is there is joined within 2 s", () => {
  const { clock, network, state, left, open, asked } = oneIsLost();
  left.stopped = true;
  state.controllers = [c];
  network.manners.set(c, "accept");
  network.manners.set(door, "accept");
  clock.advance(2100);
  assert.deepEqual(open(), [b, c]);
  assert.equal(asked(), 1);
  clock.advance(5000);
  assert.equal(asked(), 1, "nobody is missing any more");
});

test("the controller that is left answers: the door is asked seldom, and no more after a while", () => {
  const { clock, network, state, left, asked } = oneIsLost();
  state.controllers = [b];
  network.manners.set(door, "accept");
  clock.advance(1900);
  assert.equal(asked(), 0);
  assert.ok(left.pings > 0);
  clock.advance(60_000);
  assert.equal(asked(), 6);
  const { pings } = left;
  clock.advance(9000);
  assert.equal(asked(), 6);
  assert.ok(
    left.pings - pings <= 1,
    "one controller is all there is now: only its session looks for silence",
  );
});

test("with a session with every controller nobody is asked for anything", () => {
  const { clock, network, join } = cluster();
  join();
  clock.advance(9000);
  assert.deepEqual(
    network.made.map(({ pings }) => pings),
    [0, 0],
  );
});

test("what is no frame is ignored", () => {
  const { clock, network, join, open } = cluster();
  join();
  clock.advance(100);
  const session = network.open(b)[0];
  for (const junk of ["{", "7", "null", '{"t":"welcome"}', '{"t":"later-invention"}', '{"t":"ping"}']) {
    session?.say(junk as never);
    session?.say(JSON.parse(junk === "{" ? "{}" : junk) as never);
  }
  session?.say({ t: "controllers", controllers: ["ftp://x", 7, "http://u:p@h/", "javascript:1"] as never });
  clock.advance(1000);
  assert.deepEqual(open(), [door, b]);
});
