import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../runtime/logger.ts";
import { placesIn } from "../runtime/places.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { KeptPlace } from "./kept-place.ts";

test("a place that cannot be made anew is complained of at once, and then once a minute", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-kept-"));
  t.after(() => rmSync(directory, { recursive: true }));
  // Whoever cleaned up put a file there.
  const inTheWay = join(directory, "state");
  writeFileSync(inTheWay, "");
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const said: string[] = [];
  const logger = { ...silentLogger, error: (_fields: object, text: string) => void said.push(text) };
  const place = new KeptPlace(placesIn(inTheWay), { listenAgainIfLost: async () => {} }, { clock, logger });
  clock.every(250, () => assert.equal(place.keep(), true));
  await time.run(1_000);
  assert.deepEqual(said, ["the supervisor's lock and socket are lost and cannot be made anew"]);
  await time.run(60_000);
  assert.equal(said.length, 2);
});
