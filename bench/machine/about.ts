import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { openFilesHardLimit } from "../../src/demo/scale/process-cpu.ts";
import type { Machine } from "../suite/results.ts";

export function aboutMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    openFilesMax: openFilesHardLimit(),
    loadBefore: loadNow(),
    loadAfter: 0,
  };
}

export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

/** The commit that is measured; `-dirty` where files differ from it. */
export function commitHere(): string {
  const git = (...args: string[]): string =>
    spawnSync("git", args, { encoding: "utf8" }).stdout?.trim() ?? "";
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit === "") return "unknown";
  return git("status", "--porcelain") === "" ? commit : `${commit}-dirty`;
}
