import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { closePolitely, type PoliteClose } from "./polite-close.ts";

interface Scene {
  server: Server;
  ends: PoliteClose;
  /** Ends what the user's `close` waits for. */
  ready(): void;
  /** How each `close` of the user was answered, in their order: Node's code, or none. */
  answers(times: number): Promise<string[]>;
}

async function scene(t: TestContext): Promise<Scene> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  let ready: () => void = () => undefined;
  const before = new Promise<void>((resolve) => (ready = resolve));
  const ends = closePolitely(server, async () => before);
  const answer = async (): Promise<string> =>
    new Promise((resolve) => {
      server.close((error?: NodeJS.ErrnoException) => resolve(error?.code ?? "none"));
    });
  return {
    server,
    ends,
    ready: () => ready(),
    answers: async (times) => Promise.all(Array.from({ length: times }, answer)),
  };
}

const closed = async ({ ends }: Scene): Promise<void> =>
  new Promise((resolve) => ends.close(() => resolve()));

/** A connection that the server waits for. */
async function held(server: Server): Promise<Socket> {
  const address = server.address();
  const socket = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  await once(server, "connection");
  return socket;
}

const notRunning = "ERR_SERVER_NOT_RUNNING";

test("the user's close waits, closes, and a second one of his own gets Node's error", async (t) => {
  const at = await scene(t);
  const told = at.answers(2);
  assert.equal(at.server.listening, true);
  at.ready();
  assert.deepEqual(await told, ["none", notRunning]);
});

test("we close while the user's close waits: it is told of the end without an error, a second one with Node's", async (t) => {
  const at = await scene(t);
  const socket = await held(at.server);
  const told = at.answers(2);
  const ours = closed(at);
  at.ready();
  socket.destroy();
  await ours;
  assert.deepEqual(await told, ["none", notRunning]);
});

test("we have closed before the user does, and left: his first close is answered without an error", async (t) => {
  const at = await scene(t);
  let ended = 0;
  at.server.on("close", () => (ended += 1));
  await closed(at);
  at.ends.undo();
  assert.deepEqual(await at.answers(1), ["none"]);
  assert.equal(ended, 1);
  assert.equal(Object.hasOwn(at.server, "close"), false);
  assert.deepEqual(await at.answers(1), [notRunning]);
});

test("a server that listens again is the user's to close", async (t) => {
  const at = await scene(t);
  at.ready();
  await closed(at);
  at.server.listen(0, "127.0.0.1");
  await once(at.server, "listening");
  assert.deepEqual(await at.answers(1), ["none"]);
  assert.equal(at.server.listening, false);
});
