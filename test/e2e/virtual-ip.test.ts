import assert from "node:assert/strict";
import { test } from "node:test";
import { readLedgers } from "../../src/demo/cluster/ledger.ts";
import { tally } from "../../src/demo/drill/tally.ts";
import { Generator } from "../../src/demo/load/generator.ts";
import type { LoadOptions } from "../../src/demo/load/open-loop.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { gapMs } from "../faults/lab/gap.ts";
import { missingLab } from "../faults/lab/network.ts";
import { missingKeepalived } from "../faults/virtual-ip/keepalived.ts";
import { type Holder, VirtualIpStage } from "../faults/virtual-ip/virtual-ip-stage.ts";
import { eventually } from "./harness.ts";

const skip = missingLab() || missingKeepalived();

test("a virtual IP follows the gateway that serves", { skip }, async (t) => {
  const stage = await VirtualIpStage.start();
  t.after(() => stage.stop());
  const load = async (target: LoadOptions["target"], name: string): Promise<Generator> => {
    const generator = new Generator(stage.client.launcher);
    t.after(() => generator.close());
    const shares = { postShare: 0.2, freshShare: 0.2, connections: 8, timeoutMs: 3_000 };
    await generator.start({ target, name, perSecond: 100, ...shares });
    return generator;
  };
  const [address, client] = stage.destinations;
  assert.ok(address !== undefined && client !== undefined);
  const plain = await load(address.to, "plain");
  const sdk = await load(client.to, "sdk");

  const moves = async (what: string, holder: Holder, act: () => void | Promise<void>): Promise<Holder> => {
    const actedAt = systemClock.now();
    await act();
    const next = await stage.untilHeld((now) => now !== holder);
    // Served at the new place: answers to requests that were sent after the move.
    const movedAt = systemClock.now();
    await eventually(
      () =>
        plain.records.some(({ sentAt, outcome }) => sentAt > movedAt && outcome.kind === "answered") ||
        undefined,
      () => `${what}: an answer by the address\n${stage.log()}`,
    );
    t.diagnostic(`${what}: nothing served for ${Math.round(gapMs(plain.records, actedAt))} ms`);
    return next;
  };

  const first = await stage.untilHeld(() => true);
  const second = await moves("the gateway is killed", first, () => first.gateway.killAll());
  first.gateway.start();
  await stage.untilReady(first);
  const third = await moves("the host loses its power", second, () => second.host.cutPower());
  second.host.powerOn();
  second.gateway.start();
  second.keepalived.start();
  await stage.untilReady(second);
  const fourth = await moves("moved on purpose", third, () => third.keepalived.stepAside());
  third.keepalived.comeBack();
  assert.equal(fourth, second);

  const report = await sdk.stop();
  await plain.stop();
  const executed = readLedgers(stage.ledgers);
  const sum = tally(sdk.records, executed, { proxiesLostAt: [], workersKilled: true, hostsLost: true });
  assert.deepEqual(sum.failures, {}, "a client that knows both gateways loses nothing idempotent");
  assert.deepEqual([sum.requests, sum.doubled, sum.unexecuted], [report.sent, [], []]);
  t.diagnostic(
    `client with both gateways: ${sum.requests} sent, ${sum.outcomeUnknown} POSTs of unknown outcome`,
  );
});
