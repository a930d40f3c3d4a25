import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../failure.ts";
import { readGatewayFile, stateDirectory } from "../find-gateway.ts";
import {
  doorToAsk,
  checkScript,
  fileNames,
  gatewayUrlOf,
  keepalivedConfiguration,
  type VirtualIp,
  virtualIpOf,
  type VirtualIpWords,
} from "../keepalived/keepalived.ts";
import type { Terminal } from "../terminal.ts";

export interface KeepalivedOptions extends VirtualIpWords {
  out: string;
  state?: string;
  gateway?: string;
}

/** Writes what keepalived needs to hold a virtual IP where the gateway serves. Starts nothing. */
export function keepalivedConfig(options: KeepalivedOptions, terminal: Terminal): number {
  const directory = resolve(options.out);
  // Quotes and blanks would end the path in one of the two files.
  if (!/^[\w./-]+$/.test(directory)) throw new Failure(`--out ${directory}: letters, digits, . _ - only`, 2);
  const given: VirtualIp = {
    ...virtualIpOf(options),
    gatewayUrl: gatewayUrlOf(gatewayAddress(options)),
    directory,
  };
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string, mode: number): void => {
    writeFileSync(join(directory, name), text, { mode });
    terminal.out(join(directory, name));
  };
  write(fileNames.configuration, keepalivedConfiguration(given), 0o644);
  write(fileNames.check, checkScript(given), 0o755);
  terminal.note(`the check asks ${given.gatewayUrl}; see docs/virtual-ip.md for what to do on each host`);
  return 0;
}

/** Where this host's gateway listens. */
function gatewayAddress({ gateway, state }: KeepalivedOptions): string {
  const known = readGatewayFile(stateDirectory(state));
  return gateway ?? doorToAsk(known?.urls ?? known?.listen ?? []) ?? "http://127.0.0.1:8080";
}
