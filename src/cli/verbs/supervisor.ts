import type { GatewayStatus, SupervisorCommand } from "../../protocol/supervision.ts";
import { packageVersion } from "../../protocol/version.ts";
import { systemClock } from "../../runtime/clock.ts";
import { askSupervisor } from "../../supervisor/ask.ts";
import { SupervisorError } from "../../supervisor/supervisor-error.ts";
import { certificateFaults, certificateLines, undecided } from "../certificates.ts";
import { forceNote, whyNotInForce } from "../force.ts";
import { exitCode, Failure } from "../failure.ts";
import { readGatewayFile, stateDirectory } from "../find-gateway.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";

export interface SupervisorOptions {
  state?: string;
  json?: boolean;
  /** Ends what is being asked. */
  signal?: AbortSignal;
}

/**
 * `skein reload`: reads the configuration again; returns when it is in force, also where processes are replaced for it.
 * A wrong one is refused as a whole, and the old one stays.
 */
export async function reload(options: SupervisorOptions, terminal: Terminal): Promise<number> {
  const begun = await ask(options, { name: "reload" }).catch((error: unknown) => {
    if (!(error instanceof SupervisorError) || error.code !== "configuration-invalid") throw error;
    throw new SupervisorError(error.code, `${error.detail}\nThe configuration before it stays in force.`);
  });
  const rolled = await afterRoll(begun, options, terminal);
  const adopted = await afterAdoption(rolled, options, terminal);
  const status = await afterCertificates(adopted, options);
  for (const warning of status.configuration.warnings ?? []) terminal.note(`warning: ${warning}`);
  const faults = certificateFaults(status);
  for (const fault of faults) terminal.note(printable(fault));
  tell(status, options, terminal, `the configuration is read again${fileText(status)}`);
  return faults.length === 0 ? exitCode.ok : exitCode.failed;
}

/** Waits until every proxy serves by what was read; or another gateway leads, whose configuration counts. */
async function afterAdoption(
  begun: GatewayStatus,
  options: SupervisorOptions,
  terminal: Terminal,
): Promise<GatewayStatus> {
  let status = begun;
  const deadline = systemClock.now() + adoptedWithinMs;
  while (status.configuration.force?.kind === "awaited") {
    if (systemClock.now() > deadline) throw new Failure(whyNotInForce(status.configuration.force));
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    status = await ask(options, { name: "status" });
  }
  const note = forceNote(status);
  if (note !== undefined) terminal.note(note);
  return status;
}

/** Waits until every proxy has told what it made of the certificates that the configuration names. */
async function afterCertificates(begun: GatewayStatus, options: SupervisorOptions): Promise<GatewayStatus> {
  let status = begun;
  const deadline = systemClock.now() + certificatesWithinMs;
  for (let late = undecided(status); late.length > 0; late = undecided(status)) {
    if (systemClock.now() > deadline) {
      const why =
        "they hear of it over a controller: does one run, and is this host's configuration in force (`skein config show`)?";
      throw new Failure(`${late.join(", ")} did not hear of the new certificates in time; ${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    status = await ask(options, { name: "status" });
  }
  return status;
}

/** `skein upgrade`: replaces the supervisor and everything under it by the code that is installed now. */
export async function upgrade(options: SupervisorOptions, terminal: Terminal): Promise<number> {
  const before = await ask(options, { name: "status" }, undefined, "upgrade");
  await ask(options, { name: "upgrade" });
  const replaced = await newSupervisor(before, options);
  terminal.note(`the supervisor is replaced: process ${before.supervisor.pid} by ${replaced.supervisor.pid}`);
  const status = await afterRoll(replaced, options, terminal);
  if (status.supervisor.version !== packageVersion) terminal.note(otherInstallation(status));
  const versions = `${before.supervisor.version} by ${status.supervisor.version}`;
  tell(status, options, terminal, `every process is replaced: version ${versions}`);
  return exitCode.ok;
}

/** A gateway starts its processes from where it was started itself, whichever command asks for it. */
function otherInstallation({ supervisor: { version } }: GatewayStatus): string {
  return (
    `this command is version ${packageVersion}, and the gateway runs ${version} from another installation: upgrade the package there, ` +
    "or stop the gateway and start it by this command"
  );
}

/** The status as the new supervisor tells it. For a moment the old one still answers, or nobody. */
async function newSupervisor(before: GatewayStatus, options: SupervisorOptions): Promise<GatewayStatus> {
  const deadline = systemClock.now() + handOverWithinMs;
  for (;;) {
    const status = await ask(options, { name: "status" }).catch((error: unknown) => {
      if (systemClock.now() > deadline) throw error;
    });
    if (status !== undefined && status.supervisor.pid !== before.supervisor.pid) return status;
    if (systemClock.now() > deadline) {
      throw new Failure(`process ${before.supervisor.pid} is still the supervisor; the reason is in the log`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** Waits until no old process is left that should be replaced. Those that still finish requests are not waited for. */
async function afterRoll(
  begun: GatewayStatus,
  options: SupervisorOptions,
  terminal: Terminal,
): Promise<GatewayStatus> {
  let status = begun;
  let told = 0;
  const deadline = systemClock.now() + rollWithinMs;
  while (status.roll.failed === null && !isSettled(status)) {
    if (systemClock.now() > deadline) {
      throw new Failure(`after ${rollWithinMs / 1000} s old processes still run; see \`skein status\``);
    }
    const { old } = status.roll;
    if (old > 0 && old !== told) terminal.note(`replacing processes: ${old} to go`);
    told = old;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    status = await ask(options, { name: "status" });
  }
  if (status.roll.failed === null) return status;
  throw new Failure(`${status.roll.failed} (why they do not start is in the log)`);
}

function isSettled({ roll, children }: GatewayStatus): boolean {
  return roll.old === 0 && children.every(({ state }) => state !== "starting" && state !== "awaited");
}

/** `skein stop`: finishes what is in flight, then ends the gateway; returns when it has ended. */
export async function stop(
  options: SupervisorOptions & { now?: boolean },
  terminal: Terminal,
): Promise<number> {
  const state = stateDirectory(options.state);
  const urgent = options.now === true;
  await ask(options, { name: "stop", urgent });
  // One of an older version knows by the second time that it is urgent; any other may have ended.
  if (urgent) await ask(options, { name: "stop", urgent }).catch(() => {});
  terminal.note(urgent ? "stopping at once" : "stopping: requests in flight are finished");
  const deadline = systemClock.now() + stopWithinMs;
  while (systemClock.now() < deadline) {
    if (readGatewayFile(state) === undefined) {
      terminal.note("stopped");
      return exitCode.ok;
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new Failure(
    `the gateway did not end within ${stopWithinMs / 1000} s; \`skein stop --now\` does not wait`,
  );
}

/** `skein status`: the processes of the gateway on this host. */
export async function status(options: SupervisorOptions, terminal: Terminal): Promise<number> {
  const found = await ask(options, { name: "status" }, statusWithinMs);
  if (options.json === true) {
    terminal.out(JSON.stringify(found, null, 2));
    return exitCode.ok;
  }
  const { supervisor, configuration } = found;
  terminal.out(`clients        ${(found.urls ?? found.listen).join(", ")}`);
  terminal.out(`control        ${found.control}`);
  terminal.out(`state          ${found.state}`);
  terminal.out(`configuration  ${configuration.file ?? "none"}`);
  if (configuration.error !== null)
    terminal.out(terminal.paint("red", `refused        ${configuration.error}`));
  for (const warning of configuration.warnings ?? [])
    terminal.out(terminal.paint("yellow", `warning        ${warning}`));
  const note = forceNote(found);
  if (note !== undefined) terminal.out(terminal.paint("yellow", `in force       ${note}`));
  terminal.out(
    `supervisor     process ${supervisor.pid}, version ${supervisor.version}, since ${supervisor.startedAt}`,
  );
  terminal.out("");
  for (const line of table(columns, found.children, tableWidth(terminal))) terminal.out(line);
  for (const line of certificateLines(found, terminal)) terminal.out(line);
  return exitCode.ok;
}

/** Somebody waits for it; the supervisor answers from its memory. */
const statusWithinMs = 5_000;
const adoptedWithinMs = 15_000;
const certificatesWithinMs = 15_000;
const stopWithinMs = 60_000;
const rollWithinMs = 120_000;
const handOverWithinMs = 10_000;
const lookEveryMs = 50;

const columns: Column<GatewayStatus["children"][number]>[] = [
  { title: "PROCESS", text: ({ name }) => name },
  { title: "PID", align: "right", text: ({ pid }) => String(pid) },
  { title: "STATE", text: ({ state, leader }) => (leader ? `${state}, leads` : state) },
  { title: "RESTARTS", align: "right", text: ({ restarts }) => String(restarts) },
];

async function ask(
  options: SupervisorOptions,
  command: SupervisorCommand,
  withinMs?: number,
  verb?: string,
): Promise<GatewayStatus> {
  try {
    const { signal } = options;
    return await askSupervisor(stateDirectory(options.state), command, withinMs, { signal, verb });
  } catch (error) {
    if (error instanceof SupervisorError && error.code === "not-running") {
      throw new Failure(`${error.detail}, or say where it is: --state <directory>`);
    }
    throw error;
  }
}

function tell(status: GatewayStatus, options: SupervisorOptions, terminal: Terminal, text: string): void {
  if (options.json === true) terminal.out(JSON.stringify(status, null, 2));
  else terminal.note(text);
}

function fileText({ configuration }: GatewayStatus): string {
  return configuration.file === null
    ? " (there is no file; flags and SKEIN_* only)"
    : ` from ${configuration.file}`;
}
