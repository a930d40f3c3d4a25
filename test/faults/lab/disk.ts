import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { attempt, command } from "./command.ts";

/** A small disk of its own below a directory: it can be full without harm to anything else. Needs root. */
export class LabDisk {
  readonly path: string;
  readonly #filler: string;

  constructor(path: string, megabytes: number) {
    this.path = path;
    this.#filler = join(path, "filler");
    mkdirSync(path, { recursive: true });
    command("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path);
  }

  /** Not one byte is left. */
  fill(): void {
    const file = openSync(this.#filler, "w");
    try {
      for (const piece of [Buffer.alloc(1 << 20), Buffer.alloc(1)]) writeWhileThereIsRoom(file, piece);
    } finally {
      closeSync(file);
    }
  }

  clear(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    attempt("umount", "--lazy", this.path);
  }
}

function writeWhileThereIsRoom(file: number, piece: Buffer): void {
  for (;;) {
    try {
      writeSync(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return;
      throw error;
    }
  }
}
