import type { GatewayStatus, SupervisorCommand } from "../../protocol/supervision.ts";
import { systemClock } from "../../runtime/clock.ts";
import { askSupervisor } from "../../supervisor/ask.ts";
import { SupervisorError } from "../../supervisor/supervisor-error.ts";
import { exitCode, Failure } from "../failure.ts";
import { readGatewayFile, stateDirectory } from "../find-gateway.ts";
import { type Column, table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export interface SupervisorOptions {
  state?: string;
  json?: boolean;
}

/** `skein reload`: reads the configuration again. A wrong one is refused as a whole, and the old one stays. */
export async function reload(options: SupervisorOptions, terminal: Terminal): Promise<number> {
  const status = await ask(options, { name: "reload" });
  tell(status, options, terminal, `the configuration is read again${fileText(status)}`);
  return exitCode.ok;
}

/** `skein upgrade`: replaces the supervisor and everything under it by the code that is installed now. */
export async function upgrade(options: SupervisorOptions, terminal: Terminal): Promise<number> {
  const before = await ask(options, { name: "status" });
  const status = await ask(options, { name: "upgrade" });
  const { version } = before.supervisor;
  tell(
    status,
    options,
    terminal,
    `the supervisor is replaced (it was ${version}); proxies and controllers follow one by one`,
  );
  return exitCode.ok;
}

/** `skein stop`: finishes what is in flight, then ends the gateway; returns when it has ended. */
export async function stop(
  options: SupervisorOptions & { now?: boolean },
  terminal: Terminal,
): Promise<number> {
  const state = stateDirectory(options.state);
  await ask(options, { name: "stop" });
  if (options.now === true) await ask(options, { name: "stop" });
  terminal.note(options.now === true ? "stopping at once" : "stopping: requests in flight are finished");
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
  const found = await ask(options, { name: "status" });
  if (options.json === true) {
    terminal.out(JSON.stringify(found, null, 2));
    return exitCode.ok;
  }
  const { supervisor, configuration } = found;
  terminal.out(`clients        ${found.listen.join(", ")}`);
  terminal.out(`control        ${found.control}`);
  terminal.out(`state          ${found.state}`);
  terminal.out(`configuration  ${configuration.file ?? "none"}`);
  if (configuration.error !== null)
    terminal.out(terminal.paint("red", `refused        ${configuration.error}`));
  terminal.out(
    `supervisor     process ${supervisor.pid}, version ${supervisor.version}, since ${supervisor.startedAt}`,
  );
  terminal.out("");
  for (const line of table(columns, found.children, terminal.columns)) terminal.out(line);
  return exitCode.ok;
}

const stopWithinMs = 60_000;
const lookEveryMs = 50;

const columns: Column<GatewayStatus["children"][number]>[] = [
  { title: "PROCESS", text: ({ name }) => name },
  { title: "PID", align: "right", text: ({ pid }) => String(pid) },
  { title: "STATE", text: ({ state, leader }) => (leader ? `${state}, leads` : state) },
  { title: "RESTARTS", align: "right", text: ({ restarts }) => String(restarts) },
];

async function ask(options: SupervisorOptions, command: SupervisorCommand): Promise<GatewayStatus> {
  try {
    return await askSupervisor(stateDirectory(options.state), command);
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
