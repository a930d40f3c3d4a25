import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { EtcdStore } from "../../src/store/etcd/etcd.ts";
import { MemoryStore, MemoryStoreContent } from "../../src/store/memory.ts";
import { SqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
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
    () => new EtcdStore({ settings, lastKnownFile, clock: systemClock, random, logger: silentLogger }),
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
