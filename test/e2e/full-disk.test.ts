import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync, openSync, writeSync, closeSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { StoreReply } from "../../src/protocol/discovery.ts";
import { allReady, eventually, kill, startPlainWorker, TestGateway } from "./harness.ts";
import { SteadyClients } from "./steady-clients.ts";

/** Root in a container may not mount either. */
const mayMount =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  spawnSync("unshare", ["--mount", "true"]).status === 0;
const skip = mayMount ? false : "needs a small file system of its own, which only root may mount";

/** A gateway whose state directory is a file system of 8 MiB. */
async function startOnSmallDisk(context: TestContext): Promise<TestGateway> {
  const { address } = await startPlainWorker(context);
  const configuration = { services: { web: { workers: [address], check: false } } };
  // Before the gateway's own end, which removes the directory that this is mounted in.
  context.after(async () => {
    await gateway.kill();
    // Lazily: what was just killed may hold it for a moment.
    assert.equal(spawnSync("umount", ["-l", state]).status, 0);
  });
  const gateway = TestGateway.prepare(context, { configuration });
  const { state } = gateway.places;
  mkdirSync(state);
  mount(["-t", "tmpfs", "-o", "size=8m,mode=0700", "none", state]);
  gateway.up();
  await gateway.until("every process is ready", allReady);
  return gateway;
}

function mount(args: string[]): void {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** Takes the last byte. */
function fill(gateway: TestGateway): { free(): void } {
  const path = join(gateway.places.state, "filled");
  const file = openSync(path, "w");
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // A smaller piece may still find room.
    }
  }
  closeSync(file);
  assert.throws(() => writeFileSync(join(gateway.places.state, "one-more"), "x"), { code: "ENOSPC" });
  rmSync(join(gateway.places.state, "one-more"));
  return { free: () => rmSync(path) };
}

async function store(gateway: TestGateway): Promise<StoreReply> {
  return (await (await fetch(`${gateway.controlUrl}/v1/store`)).json()) as StoreReply;
}

const says = (pattern: RegExp) => (error: unknown) => pattern.test((error as Error).message);

test(
  "a full disk: reload and upgrade are refused and say why, nothing ends, no request fails",
  { skip },
  async (context) => {
    const gateway = await startOnSmallDisk(context);
    const clients = new SteadyClients(context, gateway.url);
    const before = await gateway.status();
    const disk = fill(gateway);
    await assert.rejects(gateway.reload(), says(/configuration\.json cannot be written: the disk is full/));
    await assert.rejects(gateway.upgrade(), says(/the old one goes on, nothing has changed/));
    await eventually(
      async () => ((await store(gateway)).what?.includes("the disk is full") === true ? true : undefined),
      () => gateway.log(),
    );
    const amid = await gateway.status();
    assert.equal(amid.supervisor.pid, before.supervisor.pid);
    assert.deepEqual(
      amid.children.map(({ pid }) => pid),
      before.children.map(({ pid }) => pid),
    );

    disk.free();
    await gateway.upgrade();
    await gateway.until(
      "every process is new",
      (status) => allReady(status) && status.supervisor.pid !== before.supervisor.pid,
    );
    assert.deepEqual((await clients.stop()).failures, {});
    assert.equal((await store(gateway)).condition, "sound");
    const said = gateway.log().match(/"the store failed"/g)?.length ?? 0;
    assert.ok(said > 0 && said <= 2 * before.children.length, `said ${said} times`);
  },
);

test(
  "the supervisor dies while the disk is full: the others go on, and one replaces it when there is room",
  { skip },
  async (context) => {
    const gateway = await startOnSmallDisk(context);
    const clients = new SteadyClients(context, gateway.url);
    const before = await gateway.status();
    const disk = fill(gateway);
    kill(before.supervisor.pid, "SIGKILL");
    for (const who of ["controller", "proxy"]) {
      const said = new RegExp(`"role":"${who}".*the disk is full.*no new supervisor could be started`);
      await eventually(
        () => said.test(gateway.log()) || undefined,
        () => `${said}\n${gateway.log()}`,
      );
    }
    // Those of this moment may be there; what could not be written is not left behind.
    const left = (): string[] =>
      readdirSync(gateway.places.run).filter((name) => name.startsWith("supervisor.lock."));
    await eventually(
      () => left().length === 0 || undefined,
      () => left().join(),
    );

    disk.free();
    const after = await gateway.until("a new supervisor", (status) => allReady(status));
    assert.deepEqual(
      new Set(after.children.map(({ pid }) => pid)),
      new Set(before.children.map(({ pid }) => pid)),
    );
    assert.deepEqual((await clients.stop()).failures, {});
  },
);
