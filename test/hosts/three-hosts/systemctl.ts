// `systemctl` of the hosts of a test, where there is no systemd: of a unit it takes what to start (ExecStart), with which
// environment, as which user, and how it is stopped. It restarts nothing that ends by itself.
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { commandWords, environmentIn, type ServiceSection, serviceSection } from "./unit-file.ts";

/** Not where systemd has it: what this machine itself has enabled would be started too. */
const wanted = "/var/lib/units-enabled";
const running = "/run/units";
const logs = "/var/lib/units";
/** As systemd chooses for `DynamicUser`: a number that is nobody's. */
const dynamicUser = "61234";

const [verb = "", ...words] = process.argv.slice(2);
const units = words.filter((word) => !word.startsWith("--")).map((name) => name.replace(/\.service$/, ""));
const now = words.includes("--now");
for (const directory of [running, logs, wanted]) mkdirSync(directory, { recursive: true });

if (verb === "daemon-reload") process.exit(0);
// What happens at a boot.
if (verb === "default") for (const name of readdirSync(wanted)) start(name.replace(/\.service$/, ""));
for (const unit of units) {
  if (verb === "enable") enable(unit);
  if (verb === "stop" || verb === "restart") await stop(unit);
  if (verb === "start" || verb === "restart" || (verb === "enable" && now)) start(unit);
}
if (!["default", "enable", "start", "stop", "restart"].includes(verb)) {
  process.stderr.write(`systemctl: ${verb} is not known here\n`);
  process.exit(1);
}

function fileOf(unit: string): string {
  const found = ["/etc/systemd/system", "/lib/systemd/system"]
    .map((directory) => `${directory}/${unit}.service`)
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  process.stderr.write(`Unit ${unit}.service not found.\n`);
  process.exit(5);
}

function enable(unit: string): void {
  const link = `${wanted}/${unit}.service`;
  if (!existsSync(link)) symlinkSync(fileOf(unit), link);
}

function start(unit: string): void {
  if (alive(pidOf(unit))) return;
  const section = serviceSection(readFileSync(fileOf(unit), "utf8"));
  const environment = environmentOf(unit, section);
  const user = section.get("DynamicUser")?.[0] === "yes" ? dynamicUser : section.get("User")?.[0];
  for (const name of section.get("StateDirectory") ?? []) {
    const directory = `/var/lib/${name}`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    spawnSync(
      "chown",
      ["-R", `${user}:`, directory].map((word) =>
        word.replace(`${dynamicUser}:`, `${dynamicUser}:${dynamicUser}`),
      ),
    );
  }
  const log = openSync(`${logs}/${unit}.log`, "a");
  const command = commandWords(section.get("ExecStart")?.[0] ?? "", environment);
  const [file = "", ...args] = [...asUser(user, section), ...command];
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: process.env["PATH"], ...environment },
    cwd: section.get("WorkingDirectory")?.[0] ?? "/",
  });
  writeFileSync(`${running}/${unit}`, String(child.pid));
  child.unref();
}

function environmentOf(unit: string, section: ServiceSection): Record<string, string> {
  // %H is the host's name, which is not this machine's.
  const said = (section.get("Environment") ?? []).map((line) => environmentIn(line.replaceAll("%H", "host")));
  const files = (section.get("EnvironmentFile") ?? []).map((line) => {
    const file = line.replace(/^-/, "").replaceAll("%p", unit);
    if (existsSync(file)) return environmentIn(readFileSync(file, "utf8"));
    if (line.startsWith("-")) return {};
    throw new Error(`${unit}: ${file} is not there`);
  });
  return Object.assign({}, ...said, ...files) as Record<string, string>;
}

/** The words before a command that make it another user's. */
function asUser(user: string | undefined, section: ServiceSection): string[] {
  if (user === undefined || user === "root") return [];
  if (user !== dynamicUser) return ["setpriv", "--reuid", user, "--regid", user, "--init-groups"];
  const capabilities = section.get("AmbientCapabilities")?.[0] ?? "";
  const names = capabilities
    .split(/\s+/)
    .filter(Boolean)
    .map((name) => `+${name.replace(/^CAP_/, "").toLowerCase()}`);
  const kept = names.length === 0 ? "-all" : `-all,${names.join(",")}`;
  const ids = ["--reuid", user, "--regid", user, "--clear-groups"];
  return ["setpriv", ...ids, "--bounding-set", kept, "--inh-caps", kept, "--ambient-caps", kept];
}

/** SIGTERM to the main process; SIGKILL when `TimeoutStopSec` is over. */
async function stop(unit: string): Promise<void> {
  const pid = pidOf(unit);
  if (!alive(pid)) return;
  const seconds = Number(serviceSection(readFileSync(fileOf(unit), "utf8")).get("TimeoutStopSec")?.[0] ?? 90);
  process.kill(pid, "SIGTERM");
  for (const until = performance.now() + seconds * 1000; alive(pid) && performance.now() < until;)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (alive(pid)) process.kill(pid, "SIGKILL");
  rmSync(`${running}/${unit}`);
}

function pidOf(unit: string): number {
  try {
    return Number(readFileSync(`${running}/${unit}`, "utf8"));
  } catch {
    return 0;
  }
}

function alive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return pid > 0 && text.charAt(text.lastIndexOf(")") + 2) !== "Z";
  } catch {
    return false;
  }
}
