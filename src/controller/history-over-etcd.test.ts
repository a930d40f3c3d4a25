import assert from "node:assert/strict";
import { test } from "node:test";
import { claimant } from "../registry/testing-registry.ts";
import { seededRandom } from "../runtime/random.ts";
import { type Site, World } from "../store/etcd/testing-world.ts";
import type { Controller } from "./controller.ts";
import { TestGateway } from "./testing-pair.ts";

/** Two controllers over a model of etcd; the first leads. */
class Pair {
  readonly world = new World(seededRandom(3));
  readonly gateway = new TestGateway(this.world.time);
  readonly sites = this.world.sites.slice(0, 2);
  readonly controllers: Controller[] = [];

  static async start(): Promise<Pair> {
    const pair = new Pair();
    for (const [index, { store }] of pair.sites.entries()) {
      await pair.world.pass(store.open());
      const starting = pair.gateway.start(`controller-${index + 1}`, undefined, undefined, { store });
      pair.controllers.push(await pair.world.pass(starting));
      await pair.world.run(1500);
    }
    assert.deepEqual(
      pair.controllers.map(({ leads }) => leads),
      [true, false],
    );
    return pair;
  }

  /** A worker that the controllers hear of at this moment. */
  join(id: string): void {
    this.controllers.at(-1)?.registry.heartbeat({ ...claimant(id), ttlMs: 600_000 }, {}, "here");
  }

  async joined(): Promise<(string | undefined)[]> {
    const [site] = this.sites.slice(-1);
    const events = await this.world.pass((site as Site).store.events(0, 1000));
    return events.filter(({ kind }) => kind === "worker-joined").map(({ worker }) => worker);
  }
}

test("what happens while controllers are cut off from etcd is in the history when one leads again, once", async () => {
  const pair = await Pair.start();
  const { world, sites } = pair;
  pair.join("before");
  await world.run(1000);
  for (const site of sites) site.weather = { loss: 1, delayMs: 2 };
  for (const id of ["w1", "w2", "w3", "w4"]) {
    pair.join(id);
    await world.run(3000);
  }
  for (const site of sites) site.weather = { loss: 0, delayMs: 2 };
  await world.run(10_000);
  assert.equal(pair.controllers.filter(({ leads }) => leads).length, 1);
  assert.deepEqual(await pair.joined(), ["before", "w1", "w2", "w3", "w4"]);
});

test("what happens between a leader's death and the end of its lease is in the history, once", async () => {
  const pair = await Pair.start();
  const { world, gateway, sites, controllers } = pair;
  pair.join("before");
  await world.run(1000);
  pair.join("just before");
  await world.run(100);
  sites[0]?.process.kill();
  gateway.kill(controllers[0]!);
  for (const id of ["w1", "w2", "w3", "w4"]) {
    await world.run(200);
    pair.join(id);
  }
  await world.run(8000);
  assert.equal(controllers[1]?.leads, true);
  assert.deepEqual(await pair.joined(), ["before", "just before", "w1", "w2", "w3", "w4"]);
});
