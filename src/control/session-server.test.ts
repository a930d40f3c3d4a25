import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import type { WebSocket } from "ws";
import type { Clock } from "../runtime/clock.ts";
import { systemClock } from "../runtime/clock.ts";
import { AddressRules } from "./address-rules.ts";
import { Arrivals } from "./arrivals.ts";
import type { Grant } from "./guard.ts";
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

/** How a hello from 10.0.0.7 is refused, if it is: code, final, retryAfterMs. */
async function refusalOf(
  about: Record<string, unknown>,
  { ports = new TestPorts(), rules = new AddressRules(), grant = anybody },
): Promise<unknown[]> {
  const { sent, socket } = openSocket();
  const session = new Session({
    socket,
    caller: { trusted: false, address: "10.0.0.7", loopback: false, localAddress: "10.0.0.1" },
    grant,
    ports,
    rules,
    arrivals: new Arrivals(),
    clock: systemClock,
  });
  assert.ok(session);
  const hello = { t: "hello", v: 1, service: "web", id: "1", instance: "a", ...about };
  socket.emit("message", Buffer.from(JSON.stringify(hello)), false);
  await setImmediate();
  const frame = JSON.parse(sent[0] ?? "{}") as Record<string, unknown>;
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
