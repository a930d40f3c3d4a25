import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { WebSocket } from "ws";
import type { Clock } from "../runtime/clock.ts";
import { systemClock } from "../runtime/clock.ts";
import { Session } from "./session-server.ts";

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
  const sent: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    readyState: 1,
    bufferedAmount: 0,
    send: (text: string) => sent.push(text),
    close() {},
    terminate() {},
  });
  const unused = undefined as never;
  const session = new Session({
    socket: socket as unknown as WebSocket,
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
