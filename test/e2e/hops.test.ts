import assert from "node:assert/strict";
import { test } from "node:test";
import { amplify } from "../../src/demo/hops/amplification.ts";
import { Chain } from "../../src/demo/hops/chain.ts";
import { leave } from "../../src/demo/hops/leaving.ts";

test("a chain of four services: a leaving client is heard in every handler, a failing end is not multiplied", async (t) => {
  const chain = await Chain.start(4, { proxies: 2 });
  t.after(() => chain.stop());
  const { afterMs, reasons } = await leave(chain, 100);
  t.diagnostic(`aborted ${afterMs.map((ms) => ms.toFixed(1)).join(", ")} ms after the client had left`);
  assert.deepEqual(reasons, ["AbortError", "AbortError", "AbortError", "AbortError"]);
  const { asked, reached } = await amplify(chain, { requests: 600, perSecond: 150 });
  t.diagnostic(`${reached} of ${asked} requests reached the last`);
  // The repetitions that a gateway may make at once, whatever the traffic, weigh most in a small count.
  assert.ok(reached >= 100, "hardly any request was tried");
  assert.ok(reached <= asked * 1.2, `${reached} for ${asked}`);
});
