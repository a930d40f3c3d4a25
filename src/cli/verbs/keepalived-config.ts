import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { replaceWhole } from "../../runtime/whole-file.ts";
import { Failure } from "../failure.ts";
import { readGatewayFile, stateDirectory } from "../find-gateway.ts";
import {
  doorToAsk,
  checkScript,
  fileNames,
  gatewayUrlOf,
  isOurs,
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
  const files = [
    { path: join(directory, fileNames.configuration), text: keepalivedConfiguration(given), mode: 0o644 },
    { path: join(directory, fileNames.check), text: checkScript(given), mode: 0o755 },
  ];
  for (const { path } of files) refuseForeign(path);
  mkdirSync(directory, { recursive: true });
  for (const { path, text, mode } of files) {
    replaceWhole(path, text, mode);
    terminal.out(path);
  }
  terminal.note(`the check asks ${given.gatewayUrl}; see docs/virtual-ip.md for what to do on each host`);
  return 0;
}

function refuseForeign(path: string): void {
  if (!existsSync(path) || isOurs(readFileSync(path, "utf8"))) return;
  throw new Failure(
    `${path} was not written by skein, and stays as it is: move it away, or write elsewhere with --out and put both together`,
  );
}

/** Where this host's gateway listens. */
function gatewayAddress({ gateway, state }: KeepalivedOptions): string {
  if (gateway !== undefined) return gateway;
  const known = readGatewayFile(stateDirectory(state), "keepalived-config");
  return doorToAsk(known?.urls ?? known?.listen ?? []) ?? "http://127.0.0.1:8080";
}
