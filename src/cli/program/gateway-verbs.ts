import type { Command } from "commander";
import { addConfigurationFlags } from "../configuration-flags.ts";
import type { Stage } from "../program.ts";
import type { KeepalivedOptions } from "../verbs/keepalived-config.ts";
import type { SupervisorOptions } from "../verbs/supervisor.ts";
import type { UpOptions } from "../verbs/up.ts";
import { type WatchOptions, watched } from "../watch.ts";
import { withWatch } from "./with-control.ts";

/** A gateway from its start to its end, and what its host is told of it. */
export function addGatewayVerbs(program: Command, stage: Stage): void {
  addUp(program, stage);
  addKeepalivedConfig(program, stage);
  const told = (name: string, description: string, example: string): Command =>
    program
      .command(name)
      .description(description)
      .option("--state <directory>", "state directory of the gateway (default: ./.skein)")
      .option("--json", "the gateway's status as JSON on stdout")
      .addHelpText("after", `\nExamples:\n${example}`);
  told("reload", "read the configuration again; a wrong one is refused as a whole", "  skein reload").action(
    async (options: SupervisorOptions) => {
      const { reload } = await import("../verbs/supervisor.ts");
      stage.ended(await reload(options, stage.terminal));
    },
  );
  told(
    "upgrade",
    "replace the supervisor and everything under it by the installed code, without losing a connection",
    "  npm install ./skein-<version>.tgz && npx skein upgrade",
  ).action(async (options: SupervisorOptions) => {
    const { upgrade } = await import("../verbs/supervisor.ts");
    stage.ended(await upgrade(options, stage.terminal));
  });
  withWatch(told("status", "the processes of the gateway on this host", "  skein status --json")).action(
    async (options: SupervisorOptions & WatchOptions) => {
      const { status } = await import("../verbs/supervisor.ts");
      stage.ended(await watched(options, stage.terminal, status));
    },
  );
  told("stop", "finish what is in flight, then end the gateway", "  skein stop\n  skein stop --now")
    .option("--now", "do not wait for requests in flight")
    .action(async (options: SupervisorOptions & { now?: boolean }) => {
      const { stop } = await import("../verbs/supervisor.ts");
      stage.ended(await stop(options, stage.terminal));
    });
}

function addKeepalivedConfig(program: Command, stage: Stage): void {
  program
    .command("keepalived-config")
    .description("write what keepalived needs to hold a virtual IP where the gateway serves")
    .requiredOption("--interface <name>", "of the network that has the address")
    .requiredOption("--virtual-ip <address>", "the address, such as 10.0.0.100/24")
    .option("--priority <number>", "the highest that serves has it; equal: it stays", "100")
    .option("--router-id <number>", "the same on all hosts of the address", "51")
    .option("--peers <addresses>", "the other hosts, where there is no multicast")
    .option("--out <directory>", "where the files are written", "/etc/keepalived")
    .option("--gateway <url>", "this host's gateway (default: as the state directory says)")
    .option("--state <directory>", "state directory of the gateway (default: ./.skein)")
    .addHelpText(
      "after",
      `
Examples:
  skein keepalived-config --interface eth0 --virtual-ip 10.0.0.100/24
  skein keepalived-config --interface eth0 --virtual-ip 10.0.0.100/24 \\
    --peers 10.0.0.2,10.0.0.3 --out /etc/keepalived`,
    )
    .action(async (options: KeepalivedOptions) => {
      const { keepalivedConfig } = await import("../verbs/keepalived-config.ts");
      stage.ended(keepalivedConfig(options, stage.terminal));
    });
}

function addUp(program: Command, stage: Stage): void {
  addConfigurationFlags(program.command("up"))
    .description("run a gateway: proxies, controllers, and what keeps them alive")
    .option("--join-token <token>", "lets --role proxy in (or SKEIN_JOIN_TOKEN[_FILE])")
    .option("--attach", "when it runs already, stand in for it instead of failing (for systemd)")
    .addHelpText(
      "after",
      `
Examples:
  skein up                          the configuration of this directory, or none
  skein up --config web.json --listen :80
  SKEIN_PROXIES=4 skein up`,
    )
    .action(async (options: UpOptions) => {
      const { up } = await import("../verbs/up.ts");
      stage.ended(await up(options, stage.terminal));
    });
}
