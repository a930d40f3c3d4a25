import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCommand } from "./run-command.ts";

/** A Node to try, by its executable. */
export interface NodeBinary {
  version: string;
  file: string;
}

/** The oldest that the SDK supports, the oldest that the gateway supports, the newest of the line between. */
const versions = ["20.19.0", "22.18.0", "24.21.0"] as const;
const cache = resolve("node_modules/.cache/nodes");

/** Installs what is missing into node_modules/.cache; the last is the Node that runs this. */
export function installNodes(say: (text: string) => void): NodeBinary[] {
  const others = versions.map((version) => {
    const prefix = join(cache, version);
    const name = `node-${process.platform}-${process.arch}`;
    const file = join(prefix, "node_modules", name, "bin", "node");
    if (!existsSync(file)) {
      say(`installing ${name}@${version} ...`);
      mkdirSync(prefix, { recursive: true });
      const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--prefer-offline"];
      runCommand(prefix, "npm", "install", "--prefix", prefix, ...quiet, `${name}@${version}`);
    }
    const is = runCommand(".", file, "--version").trim();
    if (is !== `v${version}`) throw new Error(`${file} is ${is}, not v${version}`);
    return { version, file };
  });
  return [...others, { version: process.versions.node, file: process.execPath }];
}

/** The gateway's own need. */
export function runsGateway({ version }: NodeBinary): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}
