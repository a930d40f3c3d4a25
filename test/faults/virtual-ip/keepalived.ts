import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keepalivedConfig } from "../../../src/cli/verbs/keepalived-config.ts";
import { missingTool } from "../../tools.ts";
import type { LabHost } from "../lab/host.ts";

/** False: it is there; else why tests of it are skipped. */
export function missingKeepalived(): false | string {
  return missingTool("keepalived", "keepalived", "keepalived") || missingTool("curl", "curl");
}

export interface KeepalivedPlace {
  host: LabHost;
  directory: string;
  /** With its prefix. */
  virtualIp: string;
  peers: string[];
  gatewayUrl: string;
}

/** keepalived on one host of the laboratory, with the files that `skein keepalived-config` writes. */
export class Keepalived {
  readonly #place: KeepalivedPlace;

  constructor(place: KeepalivedPlace) {
    this.#place = place;
    const { directory, virtualIp, peers, gatewayUrl } = place;
    mkdirSync(directory, { recursive: true });
    // The check runs as `nobody`.
    chmodSync(directory, 0o755);
    const words = { interface: "eth0", virtualIp, priority: "100", routerId: "77", peers: peers.join(",") };
    const silent = { columns: 80, out() {}, note() {}, paint: (_: unknown, text: string) => text };
    keepalivedConfig({ ...words, out: directory, gateway: gatewayUrl }, silent);
  }

  start(): void {
    const { host, directory } = this.#place;
    const file = (name: string): string => join(directory, name);
    const pids = ["-p", file("keepalived.pid"), "-r", file("vrrp.pid"), "-c", file("checkers.pid")];
    for (const pid of [1, 3, 5]) rmSync(pids[pid] ?? "", { force: true });
    const args = ["--dont-fork", "--vrrp", "--log-console", "--use-file", file("keepalived.conf"), ...pids];
    host.start("keepalived", args, file("keepalived.log"));
  }

  /** The operator's word: the address shall go elsewhere. */
  stepAside(): void {
    writeFileSync(join(this.#place.directory, "skein-away"), "");
  }

  comeBack(): void {
    rmSync(join(this.#place.directory, "skein-away"));
  }

  get logFile(): string {
    return join(this.#place.directory, "keepalived.log");
  }

  /** What its check last said, as keepalived took it. */
  get ready(): boolean {
    const told = readFileSync(this.logFile, "utf8").matchAll(
      /Script\(\w+\) (succeeded|failed)|Starting VRRP/g,
    );
    return Array.from(told, ([, word]) => word).at(-1) === "succeeded";
  }
}
