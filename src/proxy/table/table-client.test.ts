import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ProxyQuestion } from "../../protocol/requests.ts";
import type { TableFrame } from "../../protocol/routing-table.ts";
import { systemClock } from "../../runtime/clock.ts";
import { framesOfTable } from "../../registry/table-frames.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { placesIn } from "../../runtime/places.ts";
import { placesHere } from "./control-places.ts";
import { TableClient } from "./table-client.ts";
import { TestController } from "../testing/testing-controller.ts";
import { until } from "../testing/testing-peers.ts";
import { fastClock } from "../testing/testing-proxy.ts";
import { testTable, testWorkerRow } from "../testing/testing-table.ts";

interface TestContext {
  after(fn: () => void): void;
}

function setUp(context: TestContext, clock = systemClock) {
  const state = mkdtempSync(join(tmpdir(), "skein-table-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  const frames: TableFrame[] = [];
  const questions: ProxyQuestion[] = [];
  let accepts = true;
  const client = new TableClient({
    places: placesHere(places.run),
    clock,
    random: () => 0,
    logger: silentLogger,
    identity: () => ({ term: 3, revision: 4 }),
    streamBegins: () => {},
    asked: (question) => questions.push(question),
    take(frame) {
      frames.push(frame);
      return accepts;
    },
  });
  context.after(() => client.close());
  return {
    client,
    frames,
    questions,
    accept: (value: boolean) => (accepts = value),
    controller: async (name: string, opening?: TableFrame[]) => {
      const first = opening ?? [{ kind: "full", table: testTable({ table: { controller: name } }) }];
      const controller = await new TestController((stream) => {
        for (const frame of first) stream.write(`${JSON.stringify(frame)}\n`);
      }).listen(places.controllerSocket(name));
      context.after(() => controller.close());
      return controller;
    },
    controllers: () => frames.flatMap((frame) => (frame.kind === "full" ? [frame.table.controller] : [])),
  };
}

test("it waits for a controller, attaches, and says what it has seen", async (context) => {
  const { controller, frames, client } = setUp(context);
  const first = await controller("controller-1");
  first.keepAlive(1, 1);
  await until(() => frames.length > 2, "frames");
  assert.match(first.queries[0] ?? "", /watch=1&rows=250&term=3&revision=4/);
  assert.match(client.attachedTo?.name ?? "", /controller-1\.sock$/);
});

test("when the controller ends, it goes to another one at once", async (context) => {
  const { controller, controllers } = setUp(context);
  const first = await controller("controller-1");
  await until(() => controllers().length === 1, "the first table");
  const second = await controller("controller-2");
  second.keepAlive(1, 1);
  first.close();
  await until(() => controllers().length === 2, "the second table");
  assert.deepEqual(controllers(), ["controller-1", "controller-2"]);
});

test("a controller that falls silent is left", async (context) => {
  const { controller, controllers } = setUp(context, fastClock(5));
  await controller("controller-1");
  await until(() => controllers().length === 1, "the first table");
  const second = await controller("controller-2");
  second.keepAlive(1, 1);
  await until(() => controllers().includes("controller-2"), "the second table");
});

test("a controller whose table is refused is left for another", async (context) => {
  const { controller, controllers, accept, client } = setUp(context);
  accept(false);
  const first = await controller("controller-1");
  first.keepAlive(1, 1);
  await until(() => controllers().length > 0, "the first table");
  assert.equal(client.attachedTo, undefined);
  const second = await controller("controller-2");
  second.keepAlive(1, 1);
  await until(() => controllers().includes("controller-2"), "the second table");
});

test("a large table is taken in piece by piece: in between, everything else has its turn", async (context) => {
  const { controller, frames } = setUp(context);
  const workers = Array.from({ length: 10_000 }, (_, at) => testWorkerRow(at));
  const table = testTable({ workers });
  const streaming = await controller("controller-1", framesOfTable(table, 250));
  let turns = 0;
  let rowsInTurn = 0;
  let most = 0;
  let over = false;
  const turn = (): void => {
    turns += 1;
    const rows = frames.reduce((sum, frame) => sum + rowsOf(frame), 0);
    most = Math.max(most, rows - rowsInTurn);
    rowsInTurn = rows;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await until(() => frames.some((frame) => frame.kind === "more" && !frame.more), "the last part");
  over = true;
  streaming.close();
  assert.equal(frames.length, 40);
  // What one read of the socket brings, and the part before it that was not whole.
  assert.ok(most <= 750, `${most} workers in one turn`);
  assert.ok(turns > 10);
});

function rowsOf(frame: TableFrame): number {
  if (frame.kind === "full") return frame.table.workers.length;
  return frame.kind === "more" ? frame.workers.length : 0;
}

test("a question between the frames is heard, and is no frame", async (context) => {
  const { controller, frames, questions, client } = setUp(context);
  const question: ProxyQuestion = { kind: "ask", ask: "n1", wanted: { limit: 5, id: "r-1" } };
  await controller("controller-1", [
    { kind: "full", table: testTable({}) },
    question as never,
    { kind: "alive", sequence: 1, term: 1 },
  ]);
  await until(() => frames.length === 2, "both frames");
  assert.deepEqual(questions, [question]);
  assert.notEqual(client.attachedTo, undefined);
});
