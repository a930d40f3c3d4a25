import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import type { WebSocket } from "ws";
import type { Clock } from "../runtime/clock.ts";
import type { StoredToken } from "../protocol/join-token.ts";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { Arrivals } from "./arrivals.ts";
import type { Grant } from "./guard.ts";
import { newJoinToken, rotated } from "./join-tokens.ts";
import { Session } from "./session-server.ts";
import { TestPorts, workerView } from "./testing-ports.ts";

const unused = undefined as never;

function openSocket(): { sent: string[]; socket: WebSocket } {
  const sent: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    readyState: 1,
    bufferedAmount: 0,
    send: (text: string) => sent.push(text),
    close() {},
    terminate() {},
  });
  return { sent, socket: socket as unknown as WebSocket };
}

test("a hello that does not come in time is refused, but not for good", () => {
  const timers: (() => void)[] = [];
  const pending: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after(_, fire) {
      timers.push(fire);
      return { cancel() {} };
    },
    afterPendingInput: (fire) => void pending.push(fire),
  };
  const { sent, socket } = openSocket();
  const session = new Session({
    socket,
    caller: unused,
    grant: unused,
    ports: unused,
    rules: unused,
    arrivals: unused,
    clock,
  });
  assert.ok(session);
  timers[0]?.();
  assert.deepEqual(sent, [], "what waits in the socket is read first");
  pending[0]?.();
  const frame = JSON.parse(sent[0] ?? "{}") as { t: string; code: string; final: boolean };
  assert.deepEqual([frame.t, frame.code, frame.final], ["refused", "request-timeout", false]);
});

const anybody: Grant = { operator: false, opensLinks: false };

interface Surroundings {
  ports?: TestPorts;
  rules?: AddressRules;
  grant?: Grant;
  clock?: Clock;
}

/** A session that began with a hello from 10.0.0.7, and what it was sent. */
async function opened(
  about: Record<string, unknown>,
  { ports = new TestPorts(), rules = new AddressRules(), grant = anybody, clock = systemClock }: Surroundings,
): Promise<{ session: Session; say: (frame: object) => void; frames: () => Record<string, unknown>[] }> {
  const { sent, socket } = openSocket();
  const session = new Session({
    socket,
    caller: { trusted: false, address: "10.0.0.7", loopback: false, localAddress: "10.0.0.1" },
    grant,
    ports,
    rules,
    arrivals: new Arrivals(),
    clock,
  });
  const say = (frame: object): void => void socket.emit("message", Buffer.from(JSON.stringify(frame)), false);
  say({ t: "hello", v: 1, service: "web", id: "1", instance: "a", ...about });
  await setImmediate();
  return { session, say, frames: () => sent.map((text) => JSON.parse(text) as Record<string, unknown>) };
}

/** How such a hello is refused, if it is: code, final, retryAfterMs. */
async function refusalOf(about: Record<string, unknown>, surroundings: Surroundings): Promise<unknown[]> {
  const { frames } = await opened(about, surroundings);
  const [frame = {}] = frames();
  return [frame["code"], frame["final"], frame["retryAfterMs"]];
}

for (const [code, final] of [
  ["ENOTFOUND", true],
  ["EAI_AGAIN", false],
] as const) {
  test(`a hello whose name is looked up with ${code} is refused, ${final ? "for good" : "for now"}`, async () => {
    const rules = new AddressRules(() => Promise.reject(Object.assign(new Error(code), { code })));
    const wanted = final ? ["invalid", true, 0] : ["name-lookup-failed", false, 1_000];
    assert.deepEqual(await refusalOf({ address: "worker.internal:8081" }, { rules }), wanted);
  });
}

test("a first hello whose name still leads to who had it before is refused for now, and joins when it leads here", async () => {
  let ip = "10.0.0.5";
  const rules = new AddressRules(async () => ip);
  const said = { address: "worker.internal:8081" };
  assert.deepEqual(await refusalOf(said, { rules }), ["name-elsewhere", false, 1_000]);
  ip = "169.254.169.254";
  assert.deepEqual(await refusalOf(said, { rules }), ["address-forbidden", true, 0], "nobody's");
  ip = "10.0.0.7";
  assert.deepEqual(await refusalOf(said, { rules }), [undefined, undefined, undefined]);
});

test("before the configuration has come nobody is refused for good by what it may allow", async () => {
  const ports = new TestPorts();
  const metadata = { a: "x".repeat(4_096), b: "y" };
  for (const [said, code] of [
    [{ address: "10.0.0.8:8081" }, "address-forbidden"],
    [{ address: ":8081", metadata }, "invalid"],
  ] as const) {
    ports.unready = "No configuration has come.";
    assert.deepEqual(await refusalOf(said, { ports }), ["not-ready", false, 1_000]);
    ports.unready = undefined;
    assert.deepEqual(await refusalOf(said, { ports }), [code, true, 0]);
  }
});

test("another life under a name is where the name leads now; a life that goes on is where it was", async () => {
  let ip = "10.0.0.5";
  const rules = new AddressRules(async () => ip);
  const ports = new TestPorts();
  ports.allow = ["10.0.0.0/24"];
  const address = "worker.internal:8081";
  await refusalOf({ address }, { ports, rules });
  ports.workersThere = [{ ...workerView("web", "1"), address: "10.0.0.5:8081", state: "suspect" }];
  ip = "10.0.0.6";
  await refusalOf({ address, generation: 1 }, { ports, rules });
  await refusalOf({ address }, { ports, rules });
  assert.deepEqual(
    ports.sessions.map(({ request }) => request.address),
    ["10.0.0.5:8081", "10.0.0.5:8081", "10.0.0.6:8081"],
  );
});

test("by a token that is over nobody new joins; who says that it had joined may be known again", async () => {
  const ports = new TestPorts();
  const grant = { ...anybody, join: { id: "01234567", services: [], expired: true } };
  const address = ":8081";
  assert.deepEqual(await refusalOf({ address }, { ports, grant }), ["unauthorized", true, 0]);
  const back = { address, generation: 1, begunAtMs: 5_000 };
  assert.deepEqual(await refusalOf(back, { ports, grant }), ["unauthorized", false, 1_000]);
  ports.workersThere = [workerView("web", "1")];
  assert.deepEqual(await refusalOf(back, { ports, grant }), [undefined, undefined, undefined]);
});

/** A controller that has just begun, at this time; a token that ends within a minute of the first; and who comes by it. */
function byToken(token: StoredToken, wallTime: string): { ports: TestPorts; grant: Grant } {
  const ports = Object.assign(new TestPorts(), { tokens: [token], wallTime });
  const expired = Date.parse(wallTime) >= Date.parse(token.expiresAt ?? "");
  return { ports, grant: { ...anybody, join: { id: token.id, services: [], expired } } };
}

const day = (date: number): string => `2026-01-0${date}T00:00:00.000Z`;
const endingToken = (): StoredToken =>
  newJoinToken({ scope: "worker", services: [], expiresInMs: 60_000 }, day(1)).token;
const letIn = [undefined, undefined, undefined];
const forNow = ["unauthorized", false, 1_000];

test("who proves that it had joined is let in when the token is over and no controller knows it any more", async () => {
  const token = endingToken();
  const { frames } = await opened({ address: ":8081" }, byToken(token, day(1)));
  const { proof, generation } = frames()[0] ?? {};
  const back = { address: ":8081", generation, proof };
  assert.deepEqual(await refusalOf(back, byToken(token, day(3))), letIn);
  for (const [name, about] of [
    ["without it", { proof: undefined }],
    ["another life", { instance: "b" }],
    ["another worker", { id: "2" }],
    ["another service", { service: "api" }],
  ] as const)
    assert.deepEqual(await refusalOf({ ...back, ...about }, byToken(token, day(3))), forNow, name);
  assert.deepEqual(await refusalOf(back, byToken(token, day(9))), forNow, "too late");
  const revoked = byToken(token, day(3));
  revoked.ports.tokens = [];
  assert.deepEqual(await refusalOf(back, revoked), forNow, "revoked");
  const removed = byToken(token, day(3));
  removed.ports.workersThere = [{ ...workerView("web", "1"), state: "left" }];
  assert.deepEqual(await refusalOf(back, removed), forNow, "removed");
});

test("a session that lasts gets a new proof each hour", async () => {
  let now = 1_000;
  const { ports, grant } = byToken(endingToken(), day(1));
  const clock = { ...systemClock, now: () => now };
  const { say, frames } = await opened({ address: ":8081" }, { ports, grant, clock });
  const proofs = (): unknown[] => frames().flatMap(({ proof }) => (proof === undefined ? [] : [proof]));
  assert.equal(proofs().length, 1);
  ports.wallTime = day(2);
  now += 3_599_999;
  say({ t: "beat", seq: 1, load: {} });
  assert.equal(proofs().length, 1);
  now += 1;
  for (const seq of [2, 3]) say({ t: "beat", seq, load: {} });
  assert.equal(new Set(proofs()).size, 2);
  assert.equal(frames().at(-1)?.["t"], "proof");
  const back = { address: ":8081", generation: 1, proof: proofs()[1] };
  assert.deepEqual(await refusalOf(back, byToken(ports.tokens[0] as StoredToken, day(9))), letIn);
});

test("who joined by a token of an older version has a proof as soon as that is rotated, and one is enough", async () => {
  const { proofKey: _, ...older } = endingToken();
  const { ports, grant } = byToken(older, day(1));
  const { session, say, frames } = await opened({ address: ":8081" }, { ports, grant });
  const change = (token: StoredToken): void => {
    ports.tokens = [token];
    session.tokensChanged(new Set([token.id]));
  };
  change(older);
  say({ t: "beat", seq: 1, load: {} });
  assert.deepEqual(
    frames().map(({ t, proof }) => [t, proof]),
    [["welcome", undefined]],
  );
  const { token } = rotated(older);
  change(token);
  change(rotated(token).token);
  assert.deepEqual(
    frames().map(({ t }) => t),
    ["welcome", "proof"],
  );
  const back = { address: ":8081", generation: 1, proof: frames()[1]?.["proof"] };
  assert.deepEqual(await refusalOf(back, byToken(token, day(3))), letIn);
});
