import assert from "node:assert/strict";
import { after, describe, it, type TestContext } from "node:test";
import { SkeinError } from "../../src/protocol/error.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { configuration, drain, event, lead } from "../contract/store-contract.ts";
import { Contender, figures } from "./contest.ts";
import { EtcdCluster, type EtcdMember, missingEtcd } from "./etcd-cluster.ts";
import { Handle, until } from "./handles.ts";
import { ask } from "./raw.ts";

let cluster: EtcdCluster | undefined;
let prefixes = 0;
after(() => cluster?.end());

async function three() {
  cluster ??= await EtcdCluster.start({ members: 3 });
  return { cluster, settings: { endpoints: cluster.endpoints, prefix: `members-${++prefixes}` } };
}

async function isLeader({ endpoint }: EtcdMember): Promise<boolean> {
  const { leader, header } = await ask(endpoint, "/v3/maintenance/status", {});
  return leader === (header as { member_id: string }).member_id;
}

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes one event after the other until it is told to stop. */
class Scribe {
  readonly acknowledged: string[] = [];
  readonly doubtful: string[] = [];
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(contender: Contender) {
    this.#stopped = this.#write(contender);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#stopped;
  }

  async #write({ election, handle }: Contender): Promise<void> {
    for (let number = 1; !this.#stopping.signal.aborted; number += 1) {
      const { lease } = election;
      if (lease === undefined) await pause(20);
      else {
        const outcome = await handle.store
          .write(lease, [event(`e${number}`)])
          .catch((error: unknown) => error);
        if (outcome === "ok") this.acknowledged.push(`e${number}`);
        else if (outcome !== "stale-term") {
          assert.ok(outcome instanceof SkeinError, String(outcome));
          this.doubtful.push(`e${number}`);
        } else election.staleTerm(lease.term);
      }
    }
  }
}

/** Every acknowledged event is there once and in order; of the others each at most once. */
async function checkEvents(handle: Handle, { acknowledged, doubtful }: Scribe): Promise<string> {
  const messages = (await handle.store.events(0, 10_000)).map(({ message }) => message);
  assert.equal(new Set(messages).size, messages.length, "one was written twice");
  const certain = messages.filter((message) => !doubtful.includes(message));
  assert.deepEqual(certain, acknowledged);
  return `${acknowledged.length} acknowledged, ${doubtful.length} refused, of these ${messages.length - certain.length} done`;
}

async function stopServing(t: TestContext, leads: boolean): Promise<number> {
  const { cluster, settings } = await three();
  const roles = await Promise.all(cluster.members.map(isLeader));
  const serving = cluster.members[roles.indexOf(leads)]!;
  const others = cluster.endpoints.filter((endpoint) => endpoint !== serving.endpoint);
  const endpoints = [serving.endpoint, ...others];
  const watcher = await new Handle(t, { ...settings, endpoints }, { beginAtFirst: true }).open();
  assert.ok(watcher.store.place.includes(serving.endpoint));
  const writer = await new Handle(t, { ...settings, endpoints: others }).open();
  const lease = await lead(writer.store, "a");
  serving.signal("SIGSTOP");
  const startedAt = performance.now();
  const write = async (id: string): Promise<void> => {
    await until(`${id} is written`, async () => {
      const outcome = await writer.store.write(lease, [drain("web", id)]).catch(() => "failed");
      return outcome === "ok";
    });
  };
  for (const id of ["w1", "w2", "w3"]) await write(id);
  await watcher.told("all that was written", ({ overrides }) => overrides.length === 3);
  const ms = performance.now() - startedAt;
  serving.signal("SIGCONT");
  assert.deepEqual(watcher.state.overrides, writer.state.overrides);
  await until("it is sound", () => watcher.store.condition.kind === "sound");
  return ms;
}

describe("three members", { skip: missingEtcd() }, () => {
  for (const leads of [false, true]) {
    it(`stopped while it serves a watch: left for another, nothing missed (etcd's leader: ${leads})`, async (t) => {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) times.push(await stopServing(t, leads));
      t.diagnostic(`from the stop until everything written meanwhile was told: ${figures(times)}`);
    });
  }

  for (const fault of ["SIGKILL", "SIGSTOP"] as const) {
    it(`${fault} of one after the other in the middle of writes: each is done once, in order, or told`, async (t) => {
      const { cluster, settings } = await three();
      const contender = await Contender.enter(t, "a", settings);
      const reader = await new Handle(t, settings, { seed: 2 }).open();
      await until("it leads", () => contender.leads);
      const scribe = new Scribe(contender);
      const random = seededRandom(1);
      for (const member of [...cluster.members, ...cluster.members]) {
        await pause(200 + 300 * random());
        member.signal(fault);
        await pause(1500 + 1000 * random());
        if (fault === "SIGSTOP") member.signal("SIGCONT");
        else await member.start();
      }
      await until("it leads", () => contender.leads);
      const before = scribe.acknowledged.length;
      await until("it writes again", () => scribe.acknowledged.length > before + 5);
      await scribe.stop();
      t.diagnostic(await checkEvents(reader, scribe));
    });
  }

  it("no quorum: what is known stays, changes are refused and say why, and all goes on afterwards", async (t) => {
    const { cluster, settings } = await three();
    const contender = await Contender.enter(t, "a", settings);
    await until("it leads", () => contender.leads);
    const { store } = contender.handle;
    await store.write(contender.election.lease!, [configuration("one"), drain("web", "w1")]);
    await contender.handle.told("what was written", ({ overrides }) => overrides.length === 1);
    const { configuration: known, overrides } = contender.handle.state;
    const [one, two] = cluster.members;
    await Promise.all([one!.kill(), two!.kill()]);
    const lease = contender.election.lease!;
    await assert.rejects(store.write(lease, [event("no")]), /etcd at 127/);
    await until("it has stepped down", () => !contender.leads);
    await until("it is told", () => store.condition.kind === "failing");
    assert.match(contender.handle.failures.join(), /etcd at 127/);
    assert.deepEqual([store.lastKnown?.configuration, store.lastKnown?.overrides], [known, overrides]);
    await Promise.all([one!.start(), two!.start()]);
    const tookMs = await until(
      "it leads and is sound",
      () => contender.leads && store.condition.kind === "sound",
    );
    assert.ok(tookMs < 5000, `${tookMs} ms`);
    assert.equal(await store.write(contender.election.lease!, [event("yes")]), "ok");
    assert.deepEqual(
      [contender.handle.state.configuration, contender.handle.state.overrides],
      [known, overrides],
    );
    t.diagnostic(`leads again ${Math.round(tookMs)} ms after etcd was back`);
  });
});
