import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { trafficOf } from "../registry/testing-registry.ts";
import type { StoreChange, StoredConfiguration } from "../store/store.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { ConfigurationWriter, type SentConfiguration } from "./configuration-writer.ts";

const sent = (digest: string) => ({ digest, traffic: trafficOf([]) });

/** A store that takes 10 ms for each write, and fails as long as it is told to. */
class TestStore {
  readonly time = new VirtualTime();
  readonly failures: unknown[] = [];
  readonly written: string[] = [];
  readonly writer: ConfigurationWriter;
  stored: StoredConfiguration | undefined;
  leads = true;
  fails: "always" | "no" | "after it is written" = "no";
  reads = true;
  /** What has been written, while `stored` is what is known of it. */
  #holds: StoredConfiguration | undefined;

  constructor() {
    const { clock } = new VirtualProcess(this.time);
    this.writer = new ConfigurationWriter({
      clock,
      leads: () => this.leads,
      inStore: () => this.stored,
      write: (changes) =>
        new Promise((resolve, reject) => {
          clock.after(10, () => {
            if (this.fails === "always") return reject(new Error("full"));
            this.#take(changes);
            if (this.fails !== "no") return reject(new SkeinError("outcomeUnknown", "lost"));
            this.stored = this.#holds;
            resolve();
          });
        }),
      look: async () => {
        if (!this.reads) throw new Error("no answer");
        this.stored = this.#holds;
      },
      failed: (error) => this.failures.push(error),
    });
  }

  get digest(): string | undefined {
    return this.stored?.digest;
  }

  #take(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if (change.kind === "configuration")
        this.#holds = { ...change, revision: (this.#holds?.revision ?? 0) + 1 };
      if (change.kind === "event") this.written.push(`${change.event.kind} ${change.event.data?.["digest"]}`);
    }
  }
}

test("the leader writes what differs from the store's, once, and says so", async () => {
  const { time, writer, written } = new TestStore();
  writer.send(sent("d1"));
  writer.reconcile();
  await time.run(50);
  writer.reconcile();
  writer.send(sent("d1"));
  await time.run(50);
  assert.deepEqual(written, ["configuration-changed d1"]);
});

test("a standby writes when it leads", async () => {
  const store = new TestStore();
  store.leads = false;
  store.writer.send(sent("d1"));
  await store.time.run(50);
  assert.deepEqual([store.written, store.writer.reply().inForce], [[], false]);
  store.leads = true;
  store.writer.reconcile();
  await store.time.run(50);
  assert.deepEqual([store.digest, store.writer.reply().inForce], ["d1", true]);
});

test("what is sent while another is written is written next, and only the newest", async () => {
  const { time, writer, written } = new TestStore();
  for (const digest of ["d1", "d2", "d3"]) writer.send(sent(digest));
  await time.run(50);
  assert.deepEqual(written, ["configuration-changed d1", "configuration-changed d3"]);
});

test("a write that fails is told, and repeated until it succeeds or the controller stops", async () => {
  const store = new TestStore();
  store.fails = "always";
  store.writer.send(sent("d1"));
  await store.time.run(200);
  assert.ok(store.failures.length > 1);
  store.fails = "no";
  await store.time.run(200);
  assert.equal(store.digest, "d1");
  store.fails = "always";
  store.writer.send(sent("d2"));
  await store.time.run(50);
  store.writer.stop();
  store.fails = "no";
  await store.time.run(1_000);
  assert.equal(store.digest, "d1");
});

test("a configuration that was written, but not told so, is looked for before it is written again", async () => {
  const store = new TestStore();
  const { time, writer, written, failures } = store;
  store.fails = "after it is written";
  store.reads = false;
  writer.send(sent("d1"));
  await time.run(500);
  assert.ok(failures.length > 2, "the looks fail as well");
  store.reads = true;
  await time.run(500);
  assert.deepEqual([written, store.digest], [["configuration-changed d1"], "d1"]);
  store.fails = "no";
  writer.send(sent("d2"));
  await time.run(50);
  assert.equal(written.at(-1), "configuration-changed d2");
});

test("where a configuration came from is told to whoever asks", () => {
  const { writer } = new TestStore();
  assert.deepEqual(writer.reply(), { v: 1, file: null, inForce: true, values: [] });
  writer.send({ ...sent("d1"), told: { file: "/etc/skein.json", values: [] } });
  assert.deepEqual(writer.reply(), { v: 1, file: "/etc/skein.json", inForce: false, values: [] });
});

test("the same configuration with this host's own certificates is in force; another one is not", () => {
  const store = new TestStore();
  store.leads = false;
  const withCertificate = (digest: string, cert = "/etc/own.pem"): SentConfiguration => {
    const traffic = trafficOf([]);
    const certificates = [{ cert, key: "/etc/own.key", digest, names: [] }];
    const web = { kind: "https" as const, certificates, minVersion: "TLSv1.2" as const };
    return { digest, traffic: { ...traffic, proxy: { ...traffic.proxy, receptions: { web } } } };
  };
  store.stored = { ...withCertificate("of the leader's host"), revision: 7 };
  store.writer.send(withCertificate("of this host"));
  assert.equal(store.writer.reply().inForce, true);
  assert.deepEqual(store.writer.standing, { digest: "of this host", revision: 7 });
  store.writer.send(withCertificate("of this host", "/etc/another.pem"));
  assert.equal(store.writer.reply().inForce, false);
  assert.equal(store.writer.standing?.revision, null);
});
