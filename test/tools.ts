import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * For tests that need a program of the system's packages. Gives `false` where it is there, else the reason for
 * the skip. As root under CI it is installed; named in `SKEIN_REQUIRE` (comma-separated) a missing one is an error.
 * `service`: what the package would start by itself; the tests start their own.
 */
export function missingTool(command: string, debianPackage: string, service?: string): false | string {
  if (present(command)) return false;
  if (process.env["CI"] !== undefined && process.getuid?.() === 0) {
    install(command, debianPackage);
    if (service !== undefined) spawnSync("systemctl", ["disable", "--now", service], { stdio: "ignore" });
    if (present(command)) return false;
  }
  const reason = `${command} is not installed (Debian package ${debianPackage})`;
  const required = (process.env["SKEIN_REQUIRE"] ?? "").split(",");
  if (required.includes(command)) throw new Error(`${reason}, but SKEIN_REQUIRE names it`);
  return reason;
}

/** One at a time: test files run beside each other, and several need the same package. */
function install(command: string, debianPackage: string): void {
  const steps = `apt-get update -q && apt-get install -q -y --no-install-recommends ${debianPackage}`;
  const lock = join(tmpdir(), "skein-test-tools.lock");
  spawnSync("flock", [lock, "sh", "-c", `command -v ${command} || { ${steps}; }`], {
    stdio: "ignore",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

function present(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
