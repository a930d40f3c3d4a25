import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { createEtcdStore } from "../../src/store/etcd/create.ts";
import { EtcdStore } from "../../src/store/etcd/etcd.ts";
import { ModelConnection, ModelMembers, type Way } from "../../src/store/etcd/testing-connection.ts";
import { ModelEtcd } from "../../src/store/etcd/testing-etcd.ts";
import { MemoryStore, MemoryStoreContent } from "../../src/store/memory.ts";
import { SqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { VirtualProcess, VirtualTime } from "../../src/testing/virtual-time.ts";
import { EtcdCluster, missingEtcd } from "../etcd/etcd-cluster.ts";
import { type Ability, storeCases, type StoreFixture } from "./store-contract.ts";

function fixtureOf(create: () => Store, dispose: () => Promise<void>): StoreFixture {
  const open: Store[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  };
  // The product's timers do not keep a process alive; a test must last until its watcher was told.
  const awake = setInterval(() => {}, 1000);
  return {
    handle: async () => {
      const store = create();
      open.push(store);
      await store.open();
      return store;
    },
    closeAll,
    dispose: async () => {
      clearInterval(awake);
      await closeAll();
      await dispose();
    },
  };
}

async function memory(): Promise<StoreFixture> {
  const content = new MemoryStoreContent();
  return fixtureOf(
    () => new MemoryStore(content),
    async () => {},
  );
}

async function sqlite(): Promise<StoreFixture> {
  const directory = await mkdtemp(join(tmpdir(), "skein-store-"));
  const random = seededRandom(1);
  return fixtureOf(
    () => new SqliteStore({ file: join(directory, "skein.db"), clock: systemClock, random, pollMs: 5 }),
    () => rm(directory, { recursive: true, force: true }),
  );
}

/** The same driver over a model of etcd, in a time that passes as fast as the work in it is done. */
async function etcdModel(): Promise<StoreFixture> {
  const time = new VirtualTime();
  const [etcd, members, random] = [new ModelEtcd(time), new ModelMembers(), seededRandom(1)];
  const done = new AbortController();
  const passing = (async () => {
    while (!done.signal.aborted) await time.run(5);
  })();
  const create = (): Store => {
    const process = new VirtualProcess(time);
    const way = (): Way => ({ toEtcdMs: 1, backMs: 1 });
    return new EtcdStore({
      prefix: "skein",
      connect(moved) {
        const connection = new ModelConnection({ time, process, etcd, members, random, way, moved });
        return { api: connection, members: connection };
      },
      lastKnown: { read: () => undefined, changed: () => {}, close: async () => {} },
      clock: process.clock,
      random,
      logger: silentLogger,
    });
  };
  return fixtureOf(create, async () => {
    done.abort();
    await passing;
  });
}

let cluster: EtcdCluster | undefined;
after(() => cluster?.end());
let prefixes = 0;

/** Every case has a prefix of its own in one etcd. */
async function etcd(): Promise<StoreFixture> {
  cluster ??= await EtcdCluster.start();
  const directory = await mkdtemp(join(tmpdir(), "skein-store-"));
  const settings = { endpoints: cluster.endpoints, prefix: `case-${++prefixes}` };
  const lastKnownFile = join(directory, "etcd.json");
  const random = seededRandom(1);
  return fixtureOf(
    () => createEtcdStore(settings, { lastKnownFile, clock: systemClock, random, logger: silentLogger }),
    () => rm(directory, { recursive: true, force: true }),
  );
}

interface Driver {
  name: string;
  make: () => Promise<StoreFixture>;
  /** Why it has not an ability that some cases need. */
  lacks: Partial<Record<Ability, string>>;
  /** What it needs and is not there. */
  missing?: string | false;
}

const drivers: Driver[] = [
  { name: "memory", make: memory, lacks: { disk: "what memory holds ends with its process, by definition" } },
  { name: "sqlite", make: sqlite, lacks: {} },
  {
    name: "etcd, over a model",
    make: etcdModel,
    lacks: { beats: "a lease is kept alive out of sight: etcd itself frees the seat" },
  },
  {
    name: "etcd",
    make: etcd,
    lacks: { beats: "a lease is kept alive out of sight: etcd itself frees the seat" },
    missing: missingEtcd(),
  },
];

for (const { name, make, lacks, missing = false } of drivers) {
  describe(`store contract: ${name}`, { skip: missing }, () => {
    for (const storeCase of storeCases) {
      const skip = (storeCase.needs !== undefined && lacks[storeCase.needs]) || false;
      it(storeCase.name, { skip }, async () => {
        const fixture = await make();
        try {
          await storeCase.run(fixture);
        } finally {
          await fixture.dispose();
        }
      });
    }
  });
}
