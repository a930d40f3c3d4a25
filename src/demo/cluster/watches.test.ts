import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TableFrame, TableWorker, TableWorkerState } from "../../protocol/routing-table.ts";
import { type Places, placesIn } from "../../runtime/places.ts";
import { eventually } from "../wait.ts";
import { EventWatch } from "./event-watch.ts";
import { TableWatch } from "./table-watch.ts";

const live: TableWorkerState = { kind: "live" };
const stopped: TableWorkerState = { kind: "suspect", cause: "stalled", strength: "soft" };

function worker(id: string, state: TableWorkerState = live): TableWorker {
  return {
    service: "orders",
    id,
    address: id,
    generation: 1,
    state,
    weight: 1,
    liveForMs: 0,
    session: false,
  };
}

function full(workers: TableWorker[]): TableFrame {
  const service = { name: "orders" };
  const table = { v: 1, controller: "c", sequence: 1, settled: true, services: { orders: service }, workers };
  return { kind: "full", table } as unknown as TableFrame;
}

function delta(upserts: TableWorker[], removals: { service: string; id: string }[] = []): TableFrame {
  return { kind: "delta", sequence: 2, term: 1, settled: true, upserts, removals };
}

/** A controller that only streams: what is written to `streams` goes to who reads. */
async function controller(
  t: TestContext,
  places: Places,
  name: string,
): Promise<{ streams: ServerResponse[] }> {
  const streams: ServerResponse[] = [];
  const server = createServer((_, response) => {
    response.writeHead(200);
    response.flushHeaders();
    streams.push(response);
  });
  await new Promise<void>((done) => server.listen(places.controllerSocket(name), done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { streams };
}

function openPlaces(t: TestContext): Places {
  const directory = mkdtempSync(join(tmpdir(), "skein-watch-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const places = placesIn(directory);
  mkdirSync(places.run, { recursive: true });
  return places;
}

const until = async (condition: () => boolean): Promise<void> => {
  assert.ok(
    await eventually(() => condition() || undefined, { withinMs: 5000, everyMs: 5 }),
    condition.toString(),
  );
};

test("a worker is live only when every controller's table says so", async (t) => {
  const places = openPlaces(t);
  const one = await controller(t, places, "controller-1");
  const two = await controller(t, places, "controller-2");
  const watch = new TableWatch(places);
  t.after(() => watch.close());
  await until(() => one.streams.length === 1 && two.streams.length === 1);
  const text = `${JSON.stringify(full([worker("a"), worker("b")]))}\n`;
  // Cut in the middle of a line.
  one.streams[0]?.write(text.slice(0, 40));
  two.streams[0]?.write(text);
  await until(() => watch.controllers.length === 1);
  assert.equal(watch.allLive(["a"], 2), false);
  one.streams[0]?.write(text.slice(40));
  await until(() => watch.allLive(["a", "b"], 2));
  assert.equal(watch.allLive(["a", "c"], 2), false);
  two.streams[0]?.write(
    `${JSON.stringify(delta([worker("a", stopped)], [{ service: "orders", id: "b" }]))}\n`,
  );
  await until(() => !watch.allLive(["a"], 2));
  const changes = watch.changesSince(0).filter((change) => change.state?.kind !== "live");
  assert.deepEqual(
    changes.map(({ controller, worker, state }) => [controller, worker, state?.kind]),
    [
      ["controller-2", "a", "suspect"],
      ["controller-2", "b", undefined],
    ],
  );
  assert.equal(watch.liveIn("controller-1"), 2);
  assert.equal(watch.liveIn("controller-2"), 0);
});

test("a stream that ends is opened again", async (t) => {
  const places = openPlaces(t);
  const one = await controller(t, places, "controller-1");
  const watch = new TableWatch(places);
  t.after(() => watch.close());
  await until(() => one.streams.length === 1);
  one.streams[0]?.end();
  await until(() => one.streams.length === 2);
});

test("events are read as they come", async (t) => {
  const places = openPlaces(t);
  const one = await controller(t, places, "controller-1");
  const watch = new EventWatch(places);
  t.after(() => watch.close());
  await until(() => one.streams.length === 1);
  const event = { id: 7, at: "", term: 3, kind: "leader-elected", message: "controller-1 leads" };
  one.streams[0]?.write(`: hello\n\nid: 7\nevent: leader-elected\ndata: ${JSON.stringify(event)}\n\n`);
  await until(() => watch.since(0).length === 1);
  assert.deepEqual(watch.since(0)[0]?.event, event);
});
