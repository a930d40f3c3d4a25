import { spawnSync } from "node:child_process";

/**
 * For tests that need a program of the system's packages. Gives `false` where it is there, else the reason for
 * the skip. As root under CI it is installed; named in `SKEIN_REQUIRE` (comma-separated) a missing one is an error.
 * `service`: what the package would start by itself; the tests start their own.
 */
export function missingTool(command: string, debianPackage: string, service?: string): false | string {
  if (present(command)) return false;
  if (process.env["CI"] !== undefined && process.getuid?.() === 0) {
    spawnSync("apt-get", ["update", "-q"], { stdio: "ignore" });
    spawnSync("apt-get", ["install", "-q", "-y", "--no-install-recommends", debianPackage], {
      stdio: "ignore",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (service !== undefined) spawnSync("systemctl", ["disable", "--now", service], { stdio: "ignore" });
    if (present(command)) return false;
  }
  const reason = `${command} is not installed (Debian package ${debianPackage})`;
  const required = (process.env["SKEIN_REQUIRE"] ?? "").split(",");
  if (required.includes(command)) throw new Error(`${reason}, but SKEIN_REQUIRE names it`);
  return reason;
}

function present(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
