import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PeerName } from "../suite/peer-names.ts";
import type { Peer } from "./peer.ts";
import { programCannot, startProgram } from "./program.ts";

/** A package of its own, so that nobody who does not run the bench installs what it compares with. */
const home = new URL("node/", import.meta.url).pathname;

/** `npm ci` there when its lock changed. Gives why it is not installed. */
function install(): string | undefined {
  const stamp = join(home, "node_modules", ".skein-bench");
  const wanted = createHash("sha256")
    .update(readFileSync(join(home, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  process.stderr.write(
    "bench: installing http-proxy, @fastify/http-proxy and undici in bench/peers/node ...\n",
  );
  const { status, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: home,
    encoding: "utf8",
  });
  if (status !== 0) {
    const why = (stderr ?? "").trim().split("\n")[0] ?? "";
    return `not installed, and "npm ci" in bench/peers/node failed (run it there to see why): ${why}`;
  }
  writeFileSync(stamp, wanted);
  return undefined;
}

function versionIn(name: string): string {
  const manifest = readFileSync(join(home, "node_modules", name, "package.json"), "utf8");
  return `${name} ${(JSON.parse(manifest) as { version: string }).version}, node ${process.version}`;
}

function nodePeer(name: PeerName, packageName: string): Peer {
  return {
    name,
    missing: async () => install(),
    version: () => versionIn(packageName),
    cannot: programCannot,
    start: async (stage) => await startProgram(stage, [process.execPath, join(home, `${name}.js`)]),
  };
}

export const undici = nodePeer("undici", "undici");
export const fastify = nodePeer("fastify", "@fastify/http-proxy");
export const httpProxy = nodePeer("http-proxy", "http-proxy");
