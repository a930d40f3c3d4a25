import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { Connection, type ConnectionState } from "./connection.ts";

interface Controller {
  url: string;
  /** The next reader that comes. */
  reader(): Promise<{ response: ServerResponse; authorization: string | undefined }>;
}

async function controller(t: TestContext): Promise<Controller> {
  const came: { response: ServerResponse; authorization: string | undefined }[] = [];
  let waiting: (() => void) | undefined;
  const server = createServer((request, response) => {
    came.push({ response, authorization: request.headers.authorization });
    waiting?.();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async reader() {
      while (came.length === 0) await new Promise<void>((done) => (waiting = done));
      const [first] = came.splice(0, 1);
      assert.ok(first !== undefined);
      return first;
    },
  };
}

test("a stream that broke is opened anew, and a refused one waits for a token", async (t) => {
  const place = await controller(t);
  const states: ConnectionState["kind"][] = [];
  const words: string[] = [];
  const heard: number[] = [];
  let wake: (() => void) | undefined;
  let token = "";
  const connection = new Connection({
    url: () => place.url,
    token: () => (token === "" ? undefined : token),
    state: ({ kind }) => {
      states.push(kind);
      wake?.();
    },
    demo: () => {},
    heard: () => void heard.push(1),
    words: (fresh) => words.push(...fresh.map(({ word }) => word)),
  });
  t.after(() => connection.stop());
  const until = async (kind: ConnectionState["kind"]): Promise<void> => {
    while (states.at(-1) !== kind) await new Promise<void>((done) => (wake = done));
  };

  connection.restart();
  const first = await place.reader();
  assert.equal(first.authorization, undefined);
  first.response.write("event: snapshot\ndata: {}\n\n");
  await until("live");
  first.response.destroy();
  await until("waiting");
  const told = states.length;

  const second = await place.reader();
  assert.deepEqual(states.slice(told), [], "the whole outage is one state");
  second.response.writeHead(401).end();
  await until("refused");
  token = "secret";
  connection.restart();
  const third = await place.reader();
  assert.equal(third.authorization, "Bearer secret");
  third.response.write("event: snapshot\ndata: {}\n\n");
  await until("live");
  assert.deepEqual(words, ["snapshot", "snapshot"]);
  third.response.write(": alive\n\n");
  while (heard.length < 3) await new Promise((done) => setTimeout(done, 5));
  connection.stop();
  assert.equal(states.at(-1), "asleep");
});

test("why there is no stream: what the controller says, or that it says nothing", async (t) => {
  const place = await controller(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let told: ((why: string) => void) | undefined;
  const connection = new Connection({
    url: () => place.url,
    token: () => undefined,
    state: (state) => state.kind === "waiting" && told?.(state.why),
    demo: () => {},
    heard: () => {},
    words: () => {},
  });
  t.after(() => connection.stop());
  const why = (): Promise<string> => new Promise((done) => (told = done));

  connection.restart();
  const refused = why();
  (await place.reader()).response
    .writeHead(503)
    .end('{"detail":"64 readers watch this controller already."}');
  assert.equal(await refused, "64 readers watch this controller already.");
  connection.restart();
  const silent = why();
  await place.reader();
  t.mock.timers.tick(3_500);
  assert.equal(await silent, "nothing came for 3.5 s");
});
