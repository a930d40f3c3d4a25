import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ChildAssignment, ChildFrame, SupervisorFrame } from "../protocol/supervision.ts";
import { type ChildLink, connectToSupervisor, readAssignment } from "./child-link.ts";
import { systemClock } from "./clock.ts";
import { encodeLine, JsonLines } from "./json-lines.ts";
import { placesIn } from "./places.ts";

function temporaryAssignment(context: TestContext): ChildAssignment {
  const state = mkdtempSync(join(tmpdir(), "skein-link-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  mkdirSync(placesIn(state).run, { recursive: true });
  return {
    role: "proxy",
    name: "proxy-1",
    epoch: 3,
    state,
    listeners: [],
    control: { address: "127.0.0.1:0", fd: 3 },
    store: { driver: "memory" },
    supervisor: { args: [] },
  };
}

/** A supervisor's end of the socket that records what it hears. */
class Listening {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #heard: ChildFrame[] = [];
  #changed: () => void = () => {};

  constructor(path: string) {
    this.#server = createServer((socket) => {
      const lines = new JsonLines();
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        this.#heard.push(...(lines.push(chunk) as ChildFrame[]));
        this.#changed();
      });
    }).listen(path);
  }

  async hear(count: number): Promise<ChildFrame[]> {
    while (this.#heard.length < count) await new Promise<void>((resolve) => (this.#changed = resolve));
    return this.#heard.splice(0, count);
  }

  say(frame: SupervisorFrame): void {
    for (const socket of this.#sockets) socket.write(encodeLine(frame));
  }

  async die(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

test("a child greets each new supervisor, repeats that it is ready, and answers pings", async (context) => {
  const assignment = temporaryAssignment(context);
  const path = placesIn(assignment.state).supervisorSocket;
  const received: SupervisorFrame[] = [];
  const first = new Listening(path);
  const link = connectToSupervisor(assignment, {
    clock: systemClock,
    instance: "i1",
    status: () => ({ term: 7, leader: false }),
    onFrame: (frame) => received.push(frame),
  });
  context.after(() => link.close());
  link.ready();
  const greeting = await first.hear(2);
  assert.partialDeepStrictEqual(greeting, [
    { t: "hello", role: "proxy", name: "proxy-1", pid: process.pid, instance: "i1", epoch: 3 },
    { t: "ready" },
  ]);
  first.say({ t: "drain", withinMs: 5 });
  first.say({ t: "ping", n: 1 });
  assert.deepEqual(await first.hear(1), [{ t: "pong", n: 1, term: 7, leader: false }]);
  assert.deepEqual(received, [{ t: "drain", withinMs: 5 }]);
  await first.die();
  const second = new Listening(path);
  context.after(() => second.die());
  assert.deepEqual(await second.hear(2), greeting);
});

/** A child whose supervisor is not there. */
function orphan(context: TestContext): { assignment: ChildAssignment; link: ChildLink } {
  const assignment = temporaryAssignment(context);
  const link = connectToSupervisor(assignment, {
    clock: systemClock,
    instance: "i1",
    status: () => ({ term: 0, leader: false }),
    onFrame: () => {},
  });
  context.after(() => link.close());
  // The link's timers do not keep the process alive.
  const alive = setInterval(() => {}, 1_000);
  context.after(() => clearInterval(alive));
  return { assignment, link };
}

test("an orphan is told so, again and again, until there is a supervisor", async (context) => {
  const { assignment, link } = orphan(context);
  let orphaned = 0;
  await new Promise<void>((resolve) => {
    link.onOrphaned(1, () => {
      orphaned += 1;
      if (orphaned === 2) resolve();
    });
  });
  const supervisor = new Listening(placesIn(assignment.state).supervisorSocket);
  context.after(() => supervisor.die());
  await supervisor.hear(1);
  assert.equal(link.connected, true);
});

test("who leaves is no orphan: its descriptors may be another thing's by now", async (context) => {
  const [leaves, stays] = [orphan(context).link, orphan(context).link];
  leaves.onOrphaned(1, () => assert.fail("it would hand them to a supervisor"));
  leaves.leaving();
  await new Promise<void>((resolve) => stays.onOrphaned(2, resolve));
});

test("orders for another role, or none, are refused", (context) => {
  const assignment = temporaryAssignment(context);
  const environment = { SKEIN_CHILD: JSON.stringify(assignment) };
  assert.deepEqual(readAssignment("proxy", environment), assignment);
  assert.throws(() => readAssignment("controller", environment), /is for a proxy/);
  assert.throws(() => readAssignment("proxy", {}), /started by the supervisor/);
});
