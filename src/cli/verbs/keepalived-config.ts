import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../failure.ts";
import { readGatewayFile, stateDirectory } from "../find-gateway.ts";
import {
  checkScript,
  fileNames,
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
  const given: VirtualIp = { ...virtualIpOf(options), gatewayUrl: gatewayUrl(options), directory };
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

/** Where this host's gateway listens, as this host reaches it. */
function gatewayUrl({ gateway, state }: KeepalivedOptions): string {
  const known = readGatewayFile(stateDirectory(state));
  const text = gateway ?? known?.urls?.[0] ?? known?.listen[0] ?? "http://127.0.0.1:8080";
  const full = /^https?:\/\//.test(text) ? text : `http://${text.startsWith(":") ? "127.0.0.1" : ""}${text}`;
  if (!URL.canParse(full)) throw new Failure(`--gateway ${text}: must be as http://127.0.0.1:8080`, 2);
  const url = new URL(full);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return `${url.origin}/`;
}
