// Builds the dashboard. Without an argument into the checkout's cache, and only when its sources changed; with one, there.
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { dashboardDirectory } from "../src/runtime/dashboard-place.ts";

const target = resolve(process.argv[2] ?? dashboardDirectory());
const stamp = `${target}.stamp`;
const cached = process.argv[2] === undefined;

const sources = ["dashboard/**/*.{ts,tsx,css,html,svg,json}", "src/protocol/**/*.ts", "package-lock.json"];
const digest = sources
  .flatMap((pattern) => globSync(pattern))
  .sort()
  .reduce((hash, file) => hash.update(file).update(readFileSync(file)), createHash("sha256"))
  .digest("hex");

if (!cached || !existsSync(stamp) || readFileSync(stamp, "utf8") !== digest) {
  // Beside it and then in its place: who serves from there never meets half of it.
  const fresh = `${target}.${process.pid}`;
  const { build } = await import("vite");
  await build({ configFile: "dashboard/vite.config.ts", logLevel: "warn", build: { outDir: fresh } });
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  renameSync(fresh, target);
  if (cached) writeFileSync(stamp, digest);
}
