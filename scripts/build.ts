// Makes dist/ from src/ for the published package: `tsc`, then the files that tsc does not carry over.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const compiled = spawnSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
if (compiled.error !== undefined)
  process.stderr.write(`tsc could not be started: ${compiled.error.message}\n`);
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
for (const file of ["config/skein.schema.json"]) {
  if (existsSync(`src/${file}`)) cpSync(`src/${file}`, `dist/${file}`);
}
const dashboard = spawnSync(process.execPath, ["scripts/dashboard.ts", "dist/dashboard/"], {
  stdio: "inherit",
});
if (dashboard.status !== 0) process.exit(dashboard.status ?? 1);
