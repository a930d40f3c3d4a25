import assert from "node:assert/strict";
import { test } from "node:test";
import { playSeeds } from "./testing-world.ts";

// npm run test:etcd plays many more.
test("seeds 1 to 10: one leader at a time, every write once or not, nothing acknowledged is lost", async () => {
  assert.ok((await playSeeds(1, 10)) > 500, "hardly anything was written: nothing was tested");
});
