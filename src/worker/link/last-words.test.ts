import assert from "node:assert/strict";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { node, WorkerProcess } from "../../../test/e2e/worker-process.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { LinkDialer } from "./testing-dialer.ts";
import { head } from "./testing-service.ts";

const program = pathOf(import.meta.dirname, "testing-ending-service.ts");
const ends = ["/exits", "/exits-when-taken", "/exits-when-finished", "/throws", "/rejects"];

async function dialed(t: TestContext, sealed: boolean): Promise<LinkDialer> {
  const worker = new WorkerProcess(t, [...node, program]);
  const [address] = await worker.line(/^\{.*$/);
  const dialer = await LinkDialer.dial(JSON.parse(address) as LinkAddress, { sealed });
  t.after(() => dialer.close());
  return dialer;
}

for (const sealed of [false, true]) {
  const name = sealed ? "a sealed link" : "a link";
  test(`what is answered over ${name} when the process ends is answered`, async (t) => {
    for (const path of ends) {
      for (const method of ["GET", "POST"]) {
        const dialer = await dialed(t, sealed);
        assert.match(await dialer.request(head(`${method} ${path}`)).whole(), /bye$/, `${method} ${path}`);
      }
    }
  });
}

test("what would have begun after the process' end is given back", async (t) => {
  const dialer = await dialed(t, false);
  dialer.together(() => {
    dialer.request(head("POST /exits"));
    dialer.request(head("GET /exits"));
  });
  const [post, get] = await Promise.all(
    [...dialer.streams.values()].map(async (one) => one.until(() => false)),
  );
  assert.match(get!.answer, /bye$/);
  assert.equal(post!.refused, true);
});

test("so is what was said to begin, and has not begun when the process ends", async (t) => {
  const dialer = await dialed(t, false);
  dialer.together(() => {
    for (let n = 0; n < 3; n += 1) dialer.request(head("POST /exits"));
  });
  const [first, ...others] = await Promise.all(
    [...dialer.streams.values()].map(async (one) => one.until(() => false)),
  );
  assert.match(first!.answer, /bye$/);
  assert.deepEqual(
    others.map(({ refused }) => refused),
    [true, true],
  );
});
