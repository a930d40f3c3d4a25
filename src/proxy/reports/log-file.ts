import { close, constants, fstatSync, mkdirSync, openSync, stat, write, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../../runtime/clock.ts";

const nothing = Buffer.alloc(0);
/** Before the first write after so long it is looked whether the file is still where it was, or can be opened by now. */
const lookAfterMs = 1_000;

/**
 * Appends text to a file, or to stdout, in the background and in its order. What does not get out (the disk is full,
 * nobody reads the pipe) is held up to a limit and then refused: neither the memory nor the end of the process waits
 * for it.
 *
 * A file that was moved away or removed (logrotate) is made anew under its name within a second, or by the next line after that: nobody
 * has to say so.
 *
 *   shut --- it can be opened: tried at the start, a second after the last look, and at the end ---> open --- moved ---> open, the new one
 */
export class LogFile {
  readonly #destination: string;
  readonly #isStdout: boolean;
  readonly #heldMax: number;
  readonly #clock: Pick<Clock, "now">;
  readonly #onError: (error: unknown) => void;
  /** Undefined: shut. */
  #file: OpenFile | undefined;
  #lookedAt: number;
  #text = "";
  /** Handed to the kernel, not yet taken. */
  #rest = nothing;
  #writing = false;
  #closed = false;

  /** `destination`: `stdout`, or a file's path; its directory is made. `heldMax`: characters. */
  constructor(
    destination: string,
    heldMax: number,
    clock: Pick<Clock, "now">,
    onError: (error: unknown) => void,
  ) {
    this.#destination = destination;
    this.#isStdout = destination === "stdout";
    this.#heldMax = heldMax;
    this.#clock = clock;
    this.#onError = onError;
    this.#lookedAt = clock.now();
    this.#file = this.#opened();
  }

  /** False: there is no room, and the line is not taken. It goes out with the next `flush`. */
  add(line: string): boolean {
    if (this.#text.length + this.#rest.length + line.length > this.#heldMax) return false;
    this.#text += line;
    return true;
  }

  flush(): void {
    if (this.#writing || (this.#text === "" && this.#rest.length === 0)) return;
    const now = this.#clock.now();
    const looks = now - this.#lookedAt >= lookAfterMs;
    if (looks) {
      this.#lookedAt = now;
      this.#file ??= this.#opened();
    }
    const file = this.#file;
    if (file === undefined) return;
    this.#fillRest();
    this.#writing = true;
    if (this.#isStdout || !looks) this.#write(file);
    else this.#follow(file);
  }

  #write({ fd }: OpenFile): void {
    write(fd, this.#rest, 0, this.#rest.length, null, (error, written) => {
      this.#writing = false;
      this.#rest = this.#rest.subarray(written);
      if (this.#closed) return this.#end();
      // What failed is tried again at the next flush. A full pipe is no failure.
      if (error === null) this.flush();
      else if (error.code !== "EAGAIN") this.#onError(error);
    });
  }

  /** Where the new file cannot be opened, lines go on to the moved one. */
  #follow(file: OpenFile): void {
    stat(this.#destination, (error, found) => {
      const isHere = error === null && found.ino === file.ino && found.dev === file.dev;
      const fresh = isHere ? undefined : this.#opened();
      if (fresh !== undefined) {
        this.#file = fresh;
        close(file.fd, () => {});
      }
      this.#write(fresh ?? file);
    });
  }

  #opened(): OpenFile | undefined {
    try {
      const fd = this.#isStdout ? 1 : openFile(this.#destination);
      const { dev, ino } = fstatSync(fd);
      return { fd, dev, ino };
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
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
    const file = this.#file ?? this.#opened();
    if (file === undefined) return;
    const { fd } = file;
    try {
      while (fstatSync(fd).isFile() && (this.#fillRest(), this.#rest.length > 0)) {
        this.#rest = this.#rest.subarray(writeSync(fd, this.#rest));
      }
    } catch (error) {
      this.#onError(error);
    }
    close(fd, () => {});
  }
}

interface OpenFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

/** Appending. A pipe that nobody has opened for reading is refused: this process would wait for its reader. */
const openFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

function openFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, openFlags, 0o666);
}
