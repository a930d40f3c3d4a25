import { close, fstatSync, mkdirSync, openSync, stat, type Stats, write, writeSync } from "node:fs";
import { dirname } from "node:path";

const nothing = Buffer.alloc(0);
/** Flushes between two looks whether the file is still where it was. */
const lookEvery = 10;

/**
 * Appends text to a file, or to stdout, in the background and in its order. What does not get out (the disk is full,
 * nobody reads the pipe) is held up to a limit and then refused: neither the memory nor the end of the process waits
 * for it.
 *
 * A file that was moved away or removed (logrotate) is made anew under its name, within some flushes: nobody has to say so.
 */
export class LogFile {
  readonly #destination: string;
  readonly #isStdout: boolean;
  readonly #heldMax: number;
  readonly #onError: (error: unknown) => void;
  #fd: number;
  #opened: Pick<Stats, "dev" | "ino">;
  #flushes = 0;
  #text = "";
  /** Handed to the kernel, not yet taken. */
  #rest = nothing;
  #writing = false;
  #closed = false;

  /** `destination`: `stdout`, or a file's path; its directory is made. `heldMax`: characters. Throws when it cannot be opened. */
  constructor(destination: string, heldMax: number, onError: (error: unknown) => void) {
    this.#destination = destination;
    this.#isStdout = destination === "stdout";
    this.#fd = this.#isStdout ? 1 : openFile(destination);
    this.#opened = fstatSync(this.#fd);
    this.#heldMax = heldMax;
    this.#onError = onError;
  }

  /** False: there is no room, and the line is not taken. It goes out with the next `flush`. */
  add(line: string): boolean {
    if (this.#text.length + this.#rest.length + line.length > this.#heldMax) return false;
    this.#text += line;
    return true;
  }

  flush(): void {
    if (this.#writing) return;
    this.#fillRest();
    if (this.#rest.length === 0) return;
    this.#writing = true;
    this.#flushes += 1;
    if (this.#isStdout || this.#flushes % lookEvery !== 0) this.#write();
    else this.#follow(() => this.#write());
  }

  #write(): void {
    write(this.#fd, this.#rest, 0, this.#rest.length, null, (error, written) => {
      this.#writing = false;
      this.#rest = this.#rest.subarray(written);
      if (this.#closed) return this.#end();
      // What failed is tried again at the next flush. A full pipe is no failure.
      if (error === null) this.flush();
      else if (error.code !== "EAGAIN") this.#onError(error);
    });
  }

  /** Where the new file cannot be opened, lines go on to the moved one. */
  #follow(then: () => void): void {
    stat(this.#destination, (error, found) => {
      const isHere = error === null && found.ino === this.#opened.ino && found.dev === this.#opened.dev;
      try {
        if (!isHere) this.#openAnew();
      } catch (reason) {
        this.#onError(reason);
      }
      then();
    });
  }

  #openAnew(): void {
    const before = this.#fd;
    this.#fd = openFile(this.#destination);
    this.#opened = fstatSync(this.#fd);
    close(before, () => {});
  }

  /** A file gets what is held; a pipe only what it takes. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#writing) this.#end();
  }

  #fillRest(): void {
    if (this.#rest.length > 0 || this.#text === "") return;
    this.#rest = Buffer.from(this.#text);
    this.#text = "";
  }

  #end(): void {
    if (this.#isStdout) return;
    try {
      while (fstatSync(this.#fd).isFile() && (this.#fillRest(), this.#rest.length > 0)) {
        this.#rest = this.#rest.subarray(writeSync(this.#fd, this.#rest));
      }
    } catch (error) {
      this.#onError(error);
    }
    close(this.#fd, () => {});
  }
}

function openFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, "a");
}
