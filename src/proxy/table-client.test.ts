import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TableFrame } from "../protocol/routing-table.ts";
import { systemClock } from "../runtime/clock.ts";
import { silentLogger } from "../runtime/logger.ts";
import { placesIn } from "../runtime/places.ts";
import { TableClient } from "./table-client.ts";
import { TestController } from "./testing-controller.ts";
import { until } from "./testing-peers.ts";
import { fastClock } from "./testing-proxy.ts";
import { testTable } from "./testing-table.ts";

interface TestContext {
  after(fn: () => void): void;
}

function setUp(context: TestContext, clock = systemClock) {
  const state = mkdtempSync(join(tmpdir(), "skein-table-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  const frames: TableFrame[] = [];
  let accepts = true;
  const client = new TableClient({
    run: places.run,
    clock,
    random: () => 0,
    logger: silentLogger,
    identity: () => ({ term: 3, revision: 4 }),
    streamBegins: () => {},
    take(frame) {
      frames.push(frame);
      return accepts;
    },
  });
  context.after(() => client.close());
  return {
    client,
    frames,
    accept: (value: boolean) => (accepts = value),
    controller: async (name: string) => {
      const controller = await new TestController((stream) => {
        stream.write(
          `${JSON.stringify({ kind: "full", table: testTable({ table: { controller: name } }) })}\n`,
        );
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
  assert.match(client.attachedTo ?? "", /controller-1\.sock$/);
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
