import { statSync } from "node:fs";
import type * as Sqlite from "node:sqlite";
import { SkeinError } from "../protocol/error.ts";
import { companions, moveAside } from "./move-aside.ts";
import { StoreCorrupt } from "./store.ts";

/** Thrown inside an attempt: another process has the lock; nothing happened. The driver tries again. */
export class Busy extends Error {}

/** `data`: a power cut may undo it (a leader's beats, events). `operator`: when told "done", it is on the disk. */
export type Durability = "data" | "operator";

/** No file has this inode. */
const none = -1;

/**
 * One connection to the file: transactions, and sqlite's errors turned into ours. Every call is synchronous and
 * takes well under a millisecond, or (busy timeout 0) throws Busy at once.
 *
 * Nothing else in this process may open the file: closing any descriptor of it drops this process' POSIX locks.
 */
export class SqliteDatabase {
  readonly file: string;
  readonly connection: Sqlite.DatabaseSync;
  readonly #inode: number;
  #durability: Durability | undefined;

  constructor(file: string) {
    this.file = file;
    this.connection = this.attempt(() => new (loadSqlite().DatabaseSync)(file, { timeout: 0 }));
    this.#inode = this.#inodeOfFile();
  }

  /** Runs `body` in one transaction; commits what it did, or undoes all when it throws. */
  transaction<T>(kind: "read" | Durability, body: () => T): T {
    return this.attempt(() => {
      if (kind !== "read") this.#prepareWriting(kind);
      this.connection.exec(kind === "read" ? "BEGIN" : "BEGIN IMMEDIATE");
      try {
        const result = body();
        this.connection.exec("COMMIT");
        return result;
      } catch (error) {
        this.#rollback();
        throw error;
      }
    });
  }

  attempt<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw fromSqliteError(this.file, error);
    }
  }

  close(): void {
    if (this.connection.isOpen) this.attempt(() => this.connection.close());
  }

  #prepareWriting(durability: Durability): void {
    this.#refuseAnotherFile();
    if (this.#durability === durability) return;
    this.connection.exec(`PRAGMA synchronous = ${durability === "operator" ? "FULL" : "NORMAL"}`);
    this.#durability = durability;
  }

  /** A file that was moved or deleted can still be written, but nobody would ever read it: two leaders. */
  #refuseAnotherFile(): void {
    const inode = this.#inodeOfFile();
    if (inode === this.#inode) return;
    if (inode === none) throw new StoreCorrupt(this.file, "is gone");
    // Whoever opens the file next would have the log of the one before played over it.
    moveAside(this.file, "replaced", companions);
    throw new StoreCorrupt(this.file, "was replaced by another file", { sound: true });
  }

  #inodeOfFile(): number {
    return statSync(this.file, { throwIfNoEntry: false })?.ino ?? none;
  }

  #rollback(): void {
    try {
      if (this.connection.isTransaction) this.connection.exec("ROLLBACK");
    } catch {
      // The first error tells more; sqlite rolls back by itself when the next transaction begins.
    }
  }
}

/** Node 22 to 24 call node:sqlite experimental in a warning on stderr: kept quiet for this one load. */
function loadSqlite(): typeof Sqlite {
  const before = Object.getOwnPropertyDescriptor(process, "emitWarning");
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    if (before !== undefined) Object.defineProperty(process, "emitWarning", before);
  }
}

// Primary result codes of sqlite (sqlite.org/rescode.html).
const codes = {
  busy: 5,
  locked: 6,
  readonly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notDatabase: 26,
};

function fromSqliteError(file: string, error: unknown): Error {
  if (error instanceof Busy || error instanceof SkeinError) return error;
  const primary = primaryCode(error);
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError) {
    return new StoreCorrupt(file, `holds a number that was never written (${text})`, { cause: error });
  }
  switch (primary) {
    case codes.busy:
    case codes.locked:
      return new Busy(text, { cause: error });
    case codes.corrupt:
    case codes.notDatabase:
      return new StoreCorrupt(file, `is damaged, or not a database (${text})`, { cause: error });
    case codes.readonly:
    case codes.cantOpen:
      return failed(file, `cannot be written (${text}). Make its directory writable for this user`, error);
    case codes.full:
      return failed(file, "the disk is full. Free some space: it goes on by itself", error);
    case codes.io:
      return failed(file, `the disk reports an error (${text}). See the kernel's log`, error);
    default:
      return failed(file, text, error);
  }
}

function failed(file: string, what: string, cause: unknown): SkeinError {
  return new SkeinError("storeFailed", `${file}: ${what}`, { cause });
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
