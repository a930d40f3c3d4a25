import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isInstalled, versionOf } from "../machine/process.ts";
import type { Peer } from "./peer.ts";
import { programCannot, startProgram } from "./program.ts";

let program: string | undefined;

/** Built once a run, with the Go that is installed. */
function build(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "skein-bench-go-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const output = join(directory, "go-proxy");
  const source = new URL("go-proxy/main.go", import.meta.url).pathname;
  const { status, stderr } = spawnSync("go", ["build", "-o", output, source], {
    encoding: "utf8",
    env: { ...process.env, CGO_ENABLED: "0", GO111MODULE: "off", GOFLAGS: "" },
  });
  if (status !== 0) return `go build failed: ${stderr.trim().split("\n").at(-1)}`;
  program = output;
  return undefined;
}

export const go: Peer = {
  name: "go",
  async missing() {
    if (!isInstalled("go")) return "not installed (Debian: apt-get install golang-go)";
    return program === undefined ? build() : undefined;
  },
  version: () => `${versionOf("go", "version")}, httputil.ReverseProxy`,
  cannot: programCannot,
  async start(stage) {
    if (program === undefined) throw new Error("go: not built");
    return await startProgram(stage, [program]);
  },
};
