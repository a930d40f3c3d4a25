import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const places = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`,
);
const library = places.find((file) => existsSync(file));

/** False: wall clocks can be moved here; else why not. */
export function missingWallClocks(): false | string {
  return library === undefined && "libfaketime is not installed (Debian package faketime)";
}

/** Wall clocks of hosts, moved while their processes run. The monotonic clock stays what it is. */
export class WallClocks {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** For the processes whose clock has this name. */
  envOf(name: string): Record<string, string> {
    this.set(name, "+0");
    return {
      LD_PRELOAD: library ?? "",
      FAKETIME_TIMESTAMP_FILE: this.#fileOf(name),
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** `+1h`, `-1h`, `+0`: what is added to the time that it is. */
  set(name: string, offset: string): void {
    writeFileSync(this.#fileOf(name), `${offset}\n`);
  }

  #fileOf(name: string): string {
    return join(this.#directory, name);
  }
}
