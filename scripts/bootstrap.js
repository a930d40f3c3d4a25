// Runs before `npm start`, `npm test` and `npm run check`: a fresh clone needs nothing typed before them.
// Plain JavaScript on purpose: it runs under the machine's own node, whatever that is.
// It is a `pre` script and never a step of the same script: the shell would remember the old `node`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".skein-bootstrap");

const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(readFileSync(join(root, "package.json")))
  .digest("hex");
const present = existsSync(stamp) ? readFileSync(stamp, "utf8") : undefined;

if (present !== wanted || !existsSync(join(modules, "node", "bin", "node"))) {
  process.stderr.write("skein: installing dependencies (once per change of package-lock.json) ...\n");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    process.stderr.write("skein: npm ci failed; run it by hand to see why\n");
    process.exit(result.status ?? 1);
  }
  // What `npm start` runs is compiled once now. If that fails, the first start only takes longer.
  spawnSync(
    join(modules, "node", "bin", "node"),
    ["--conditions=skein-source", join(root, "scripts", "warm.ts")],
    {
      cwd: root,
      stdio: "ignore",
      env: { ...process.env, NODE_COMPILE_CACHE: join(modules, ".cache", "skein", "compiled") },
    },
  );
  writeFileSync(stamp, wanted);
}

// The dashboard is built from its sources when they changed (half a second, else nothing). If that fails, the control
// address says that it is not built, and everything else runs.
const built = spawnSync(
  join(modules, "node", "bin", "node"),
  ["--conditions=skein-source", join(root, "scripts", "dashboard.ts")],
  { cwd: root, encoding: "utf8" },
);
if (built.status !== 0) process.stderr.write(`skein: the dashboard could not be built\n${built.stderr}`);
