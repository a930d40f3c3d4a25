import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually, pause } from "../../../src/demo/wait.ts";
import { openOneHost, type OneHost } from "../one-host.ts";
import { nothingMore, type Row, type Scene } from "../row.ts";

const backWithinMs = 5_000;
const ordersMax = 5_000;

export const diskFull: Row<OneHost> = {
  name: "disk-full",
  title: "the disk of the store is full",
  open: openOneHost,
  play: (scene) =>
    withBrokenDisk(scene, {
      act: async ({ disk }) => disk.fill(),
      undo: async ({ disk }) => disk.clear(),
    }),
};

export const syncFails: Row<OneHost> = {
  name: "disk-sync",
  title: "the disk of the store fails to write through (EIO)",
  open: openOneHost,
  async play(scene) {
    let strace: ChildProcess | undefined;
    return await withBrokenDisk(scene, {
      async act({ gateway }) {
        const { children } = await gateway.process.status();
        const pid = children.find(({ role }) => role === "controller")?.pid ?? 0;
        const failing = "fsync,fdatasync";
        const flags = [
          "-f",
          "-qq",
          "-o",
          "/dev/null",
          "-e",
          `trace=${failing}`,
          "-e",
          `inject=${failing}:error=EIO`,
        ];
        strace = spawn("strace", [...flags, "-p", String(pid)], { stdio: "ignore" });
        await once(strace, "spawn");
      },
      async undo() {
        strace?.kill("SIGINT");
        if (strace?.exitCode === null) await once(strace, "exit");
      },
    });
  },
};

interface Fault {
  act: (site: OneHost) => Promise<void>;
  undo: (site: OneHost) => Promise<void>;
}

/** What is written meanwhile is refused with its reason, or it is done and stays done; traffic hears nothing of it. */
async function withBrokenDisk(scene: Scene<OneHost>, { act, undo }: Fault): Promise<() => void> {
  const { site, clock } = scene;
  const worker = site.fleet.ids[0] ?? "";
  const struckAt = clock.now();
  await act(site);
  let drained = false;
  let refusal: string | undefined;
  try {
    let acknowledged = 0;
    for (; acknowledged < ordersMax && refusal === undefined; acknowledged += 1) {
      refusal = await refusalOf(site, worker, drained ? "undrain" : "drain");
      if (refusal === undefined) drained = !drained;
    }
    scene.figure({ name: "orders done until one was refused", unit: "count", value: acknowledged });
    if (refusal === undefined) scene.complain("no order was ever refused");
    else if (!/"detail":"[^"]+/.test(refusal)) scene.complain(`refused without a reason: ${refusal}`);
    await pause(scene.holdMs);
    const states = site.gateway.tables.statesOf(worker);
    if (states.some((state) => (state?.kind === "draining") !== drained))
      scene.complain(
        `acknowledged: ${drained ? "drained" : "undrained"}; the table: ${JSON.stringify(states)}`,
      );
  } finally {
    await undo(site);
  }
  const healedAt = clock.now();
  const back = await eventually(
    async () => ((await refusalOf(site, worker, "undrain")) === undefined ? true : undefined),
    { withinMs: 30_000 },
  );
  const value = back === undefined ? Infinity : clock.now() - healedAt;
  scene.figure({ name: "writes again after the heal", unit: "ms", value, limit: backWithinMs });
  await site.whole(30_000);
  const strange = site.gateway.tables
    .changesSince(struckAt)
    .filter((change) => change.worker !== worker || change.state?.kind === "suspect");
  scene.figure({ name: "changes that nobody ordered", unit: "count", value: strange.length, limit: 0 });
  return nothingMore;
}

async function refusalOf(
  { gateway }: OneHost,
  worker: string,
  verb: "drain" | "undrain",
): Promise<string | undefined> {
  try {
    await gateway.order(worker, verb);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
