import { chmodSync, existsSync, linkSync, rmSync } from "node:fs";
import { makeDirectory } from "../runtime/make-directory.ts";
import { dirname } from "node:path";
import { SkeinError } from "../protocol/error.ts";
import { newInstanceId } from "../runtime/random.ts";
import { companions } from "./move-aside.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { makeSchema, SqliteRecords } from "./sqlite-records.ts";
import type { Salvage } from "./sqlite-salvage.ts";
import { StoreCorrupt } from "./store.ts";

/**
 * Makes the file when there is none. It is built aside and appears complete (by a link, which of two processes at
 * the same time only one can make): so an empty or half file at its place is always damage, never a beginning.
 */
export function createIfMissing(file: string, term: number): void {
  // In this order: a log that others made by opening the file was there only after the file was.
  const logLeft = companions.some((suffix) => existsSync(file + suffix));
  if (existsSync(file)) return;
  if (logLeft) throw new StoreCorrupt(file, "is gone, but its log is still there");
  createAnew(file, () => {}, term);
}

/** With what was sound of the one there, which is moved away only when the new one is written: a disk may be full. */
export function createAnew(file: string, moveAway: () => void, term: number, salvage?: Salvage): void {
  const aside = `${file}.new-${newInstanceId()}`;
  try {
    makeDirectory(dirname(file));
    build(aside, term, salvage);
    moveAway();
    // Whoever may enter the directory. What sqlite makes beside it has the same mode.
    chmodSync(aside, 0o600);
    linkSync(aside, file);
  } catch (error) {
    if (isExisting(error)) return;
    if (error instanceof SkeinError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new SkeinError(
      "storeFailed",
      `${file} cannot be made (${text}). Make the directory writable for this user, or set another by --state`,
      { cause: error },
    );
  } finally {
    removeQuietly(aside);
  }
}

function removeQuietly(aside: string): void {
  try {
    for (const suffix of ["", ...companions]) rmSync(aside + suffix, { force: true });
  } catch {
    // The directory cannot be used at all: the error that is on its way says so.
  }
}

function build(file: string, term: number, { documents, events }: Partial<Salvage> = {}): void {
  const database = new SqliteDatabase(file);
  try {
    keepLog(database);
    const { configuration, overrides } = documents ?? {};
    const revisions = { configuration: configuration?.revision ?? 0, overrides: overrides?.revision ?? 0 };
    database.transaction("operator", () => {
      makeSchema(database, { holder: null, term, beat: 0, ...revisions });
      const records = new SqliteRecords(database);
      if (configuration !== undefined)
        records.putDocument("configuration", configuration.revision, configuration.body);
      if (overrides !== undefined) records.putDocument("overrides", overrides.revision, overrides.body);
      for (const { id, body } of events ?? []) records.putEvent(id, body);
    });
  } finally {
    database.close();
  }
}

/** Makes sqlite write ahead, so that readers and writers do not wait for each other: a backup that was put in place may say otherwise. */
export function keepLog(database: SqliteDatabase): void {
  const mode = database.attempt(() => database.connection.prepare("PRAGMA journal_mode = WAL").get());
  if (mode?.["journal_mode"] === "wal") return;
  throw new SkeinError(
    "storeFailed",
    `${database.file}: this file system cannot share a database between processes (no WAL). ` +
      `Put the state directory on a local disk`,
  );
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
