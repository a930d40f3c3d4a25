import assert from "node:assert/strict";
import { test } from "node:test";
import { pidsOf } from "../../src/demo/cluster/gateway-process.ts";
import { memoryMaxBytes, transferLarge } from "../../src/demo/soak/large-transfer.ts";
import { SoakStage, soakStageDefaults } from "../../src/demo/soak/soak-stage.ts";

// The same as `npm run soak -- --large`, which sends 5 GB each.
const bytes = 400e6;

test("large uploads and downloads pass through a real gateway whose memory stays flat", async (t) => {
  const stage = await SoakStage.open({ ...soakStageDefaults, workers: 1, proxies: 1 });
  t.after(async () => await stage.stop());
  await stage.start();
  const [proxyPid = 0] = pidsOf(await stage.gateway.status(), "proxy");
  for (const direction of ["upload", "download"] as const) {
    for (const service of ["joined", "plain"]) {
      const through = { port: stage.listenPort, proxyPid };
      const { right, memoryBytes } = await transferLarge({ direction, service, bytes }, through);
      assert.ok(right, `every byte of the ${direction} (${service})`);
      const grown = memoryBytes.peak - memoryBytes.before;
      t.diagnostic(`${direction} of ${bytes / 1e6} MB (${service}): ${Math.round(grown / 1e6)} MB more`);
      assert.ok(grown < memoryMaxBytes);
    }
  }
});
