import { dashboardLink } from "../../runtime/dashboard-link.ts";
import { createLogger, logsForPeople } from "../../runtime/logger.ts";
import { placesIn } from "../../runtime/places.ts";
import { proxiesTokenIn } from "../../worker/join-token.ts";
import { startSupervisor } from "../../supervisor/start.ts";
import { readGatewayFile } from "../find-gateway.ts";
import { type ConfigurationOptions, evaluationRequest } from "../configuration-flags.ts";
import type { Terminal } from "../terminal.ts";

export interface UpOptions extends ConfigurationOptions {
  attach?: boolean;
  joinToken?: string;
}

/** Runs a gateway until it is stopped. The value is the exit code. */
export async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  const gateway = await startSupervisor({
    source: { kind: "evaluated", request: evaluationRequest(options) },
    attach: options.attach ?? false,
    joinToken: options.joinToken ?? proxiesTokenIn(process.env),
  });
  void gateway.ready.then(() => announce(gateway.places.state, terminal)).catch(() => {});
  return gateway.ended;
}

/** Where it can be reached: a few lines for people, and one among the others where a program reads the log. */
function announce(state: string, terminal: Terminal): void {
  const running = readGatewayFile(state);
  if (running === undefined) return;
  const urls = running.urls ?? running.listen.map((address) => `http://${address}`);
  const control = running.controlUrl ?? `http://${running.control}`;
  const dashboard = dashboardLink(control, placesIn(state).tokenFile, process.stderr.isTTY);
  if (!logsForPeople()) {
    createLogger({ role: "supervisor" }).info(
      { clients: urls, control, dashboard, state },
      "the gateway serves",
    );
    return;
  }
  terminal.note(`  clients   ${urls.map(clickable).join("  ")}`);
  terminal.note(`  control   ${control}`);
  terminal.note(`  dashboard ${dashboard}`);
  terminal.note(`  state     ${state}`);
  terminal.note(`  stop      Ctrl-C, or skein stop${state === defaultState() ? "" : ` --state ${state}`}`);
}

/** An address that can be clicked: one that stands for every address is reached as localhost. */
function clickable(url: string): string {
  return url.replace(/(?<=:\/\/)(0\.0\.0\.0|\[::\])(?=:)/, "localhost");
}

function defaultState(): string {
  return `${process.cwd()}/.skein`;
}
