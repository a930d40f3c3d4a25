import { close, fstatSync, mkdirSync, openSync, write, writeSync } from "node:fs";
import { dirname } from "node:path";

const nothing = Buffer.alloc(0);

/**
 * Appends text to a file, or to stdout, in the background and in its order. What does not get out (the disk is full,
 * nobody reads the pipe) is held up to a limit and then refused: neither the memory nor the end of the process waits
 * for it.
 */
export class LogFile {
  readonly #fd: number;
  readonly #isStdout: boolean;
  readonly #heldMax: number;
  readonly #onError: (error: unknown) => void;
  #text = "";
  /** Handed to the kernel, not yet taken. */
  #rest = nothing;
  #writing = false;
  #closed = false;

  /** `destination`: `stdout`, or a file's path; its directory is made. `heldMax`: characters. Throws when it cannot be opened. */
  constructor(destination: string, heldMax: number, onError: (error: unknown) => void) {
    this.#isStdout = destination === "stdout";
    if (!this.#isStdout) mkdirSync(dirname(destination), { recursive: true });
    this.#fd = this.#isStdout ? 1 : openSync(destination, "a");
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
    write(this.#fd, this.#rest, 0, this.#rest.length, null, (error, written) => {
      this.#writing = false;
      this.#rest = this.#rest.subarray(written);
      if (this.#closed) return this.#end();
      // What failed is tried again at the next flush. A full pipe is no failure.
      if (error === null) this.flush();
      else if (error.code !== "EAGAIN") this.#onError(error);
    });
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
