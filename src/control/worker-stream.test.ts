import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import type { WorkersFrame } from "../protocol/discovery.ts";
import type { TableFrame, TableWorker } from "../protocol/routing-table.ts";
import { streamWorkers } from "./worker-stream.ts";

const worker = (id: string, address: string): TableWorker => ({
  service: "orders",
  id,
  address,
  generation: 1,
  state: { kind: "live" },
  weight: 1,
  liveForMs: 5,
  session: true,
});

const frame: TableFrame = {
  kind: "delta",
  sequence: 2,
  term: 1,
  settled: true,
  upserts: [worker("near", "127.0.0.1:8081"), worker("far", "10.0.0.5:8081")],
  removals: [],
};

/** The first frame that a caller of this host, or of another one, gets. */
async function firstFrame(t: TestContext, caller: { loopback: boolean }): Promise<WorkersFrame> {
  const ports = {
    listenTable(take: (frame: TableFrame) => void) {
      take(frame);
      return () => {};
    },
  };
  const server = createServer((_request, response) => streamWorkers(response, ports, "orders", caller));
  t.after(() => server.close().closeAllConnections());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  assert.ok(answer.body !== null);
  let text = "";
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) break;
  }
  return JSON.parse(text) as WorkersFrame;
}

const told = (got: WorkersFrame): unknown =>
  got.kind === "delta" && [got.upserts.map(({ id }) => id), got.removals];

test("a caller of this host gets its workers at loopback addresses; on another host those are somebody else", async (t) => {
  assert.deepEqual(told(await firstFrame(t, { loopback: true })), [["near", "far"], []]);
  assert.deepEqual(told(await firstFrame(t, { loopback: false })), [["far"], ["near"]]);
});
