import { hash } from "node:crypto";
import type { SQLOutputValue, StatementSync } from "node:sqlite";
import { SkeinError } from "../protocol/error.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { StoreCorrupt } from "./store.ts";

/** "skei": marks the file as ours. */
const applicationId = 0x736b6569;
const schemaVersion = 1;
/** Above this, the number is damage rather than a newer skein. */
const schemaVersionPlausibleMax = 99;

/**
 * One row `cluster` ties everything together: it names the revisions of the documents that must be there, so that
 * a lost document is noticed. Every row carries a checksum: sqlite finds a broken page, not a changed value.
 */
const schema = `
  CREATE TABLE cluster (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    holder TEXT, term INTEGER NOT NULL, beat INTEGER NOT NULL,
    configuration INTEGER NOT NULL, overrides INTEGER NOT NULL, checksum TEXT NOT NULL
  ) STRICT;
  CREATE TABLE document (
    name TEXT PRIMARY KEY, revision INTEGER NOT NULL, body TEXT NOT NULL, checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** The row `cluster`. Revision 0: that document was never written. */
export interface ClusterRow {
  holder: string | null;
  term: number;
  beat: number;
  configuration: number;
  overrides: number;
}

export type DocumentName = "configuration" | "overrides";

export interface DocumentRow {
  revision: number;
  body: string;
}

export interface EventRow {
  id: number;
  body: string;
}

/** Makes the tables in an empty file. Within one transaction of the caller's. */
export function makeSchema(database: SqliteDatabase, first: ClusterRow): void {
  const { connection } = database;
  connection.exec(schema);
  const insert = "INSERT INTO cluster VALUES (1, ?, ?, ?, ?, ?, ?)";
  connection.prepare(insert).run(...values(first), checksum(values(first)));
}

/** Refuses a file that is not ours, or of a format that we do not know. */
export function checkFormat(database: SqliteDatabase): void {
  const { connection, file } = database;
  const pragma = (name: string): number => Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
  if (pragma("application_id") !== applicationId) {
    throw new StoreCorrupt(file, "is empty, or a database that is not skein's");
  }
  const version = pragma("user_version");
  if (version > schemaVersion && version <= schemaVersionPlausibleMax) {
    throw new SkeinError(
      "storeFailed",
      `${file}: has format ${version}, this skein knows ${schemaVersion}. ` +
        `A newer skein made it: start that one, or move the file away`,
    );
  }
  if (version !== schemaVersion) throw new StoreCorrupt(file, `has the unknown format ${version}`);
}

/** Throws StoreCorrupt when sqlite finds a page or an index that is not right. */
export function checkPages(database: SqliteDatabase): void {
  const found = database.connection.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw new StoreCorrupt(database.file, `is damaged (${String(found)})`);
}

/** The rows, read and written through prepared statements, checked by their checksums. */
export class SqliteRecords {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** A number that changes when another connection committed something. */
  dataVersion(): number {
    return Number(this.#prepared("PRAGMA data_version").get()?.["data_version"]);
  }

  cluster(): ClusterRow {
    const row = this.#prepared("SELECT * FROM cluster WHERE one = 1").get();
    if (row === undefined) throw this.#corrupt("has lost its main row");
    const { holder, term, beat, configuration, overrides } = row;
    const read = { holder, term, beat, configuration, overrides } as unknown as ClusterRow;
    if (row["checksum"] !== checksum(values(read))) throw this.#corrupt("has a damaged main row");
    return read;
  }

  putCluster(row: ClusterRow): void {
    this.#prepared(
      `UPDATE cluster SET holder = ?, term = ?, beat = ?, configuration = ?, overrides = ?, checksum = ?
       WHERE one = 1`,
    ).run(...values(row), checksum(values(row)));
  }

  /** The text of a document; `revision` is what the main row says that it must have. */
  document(name: DocumentName, revision: number): string {
    const found = this.findDocument(name);
    if (found === "absent") throw this.#corrupt(`has lost the document ${name}`);
    if (found === "damaged" || found.revision !== revision)
      throw this.#corrupt(`has a damaged document ${name}`);
    return found.body;
  }

  /** As it stands there, whatever the main row says. */
  findDocument(name: DocumentName): DocumentRow | "absent" | "damaged" {
    const row = this.#prepared("SELECT revision, body, checksum FROM document WHERE name = ?").get(name);
    if (row === undefined) return "absent";
    const [revision, body] = [Number(row["revision"]), String(row["body"])];
    return row["checksum"] === checksum([name, revision, body]) ? { revision, body } : "damaged";
  }

  putDocument(name: DocumentName, revision: number, body: string): void {
    this.#prepared("INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)").run(
      name,
      revision,
      body,
      checksum([name, revision, body]),
    );
  }

  eventIds(): { firstId: number; lastId: number } {
    const row = this.#prepared("SELECT min(id) AS firstId, max(id) AS lastId FROM event").get();
    return { firstId: Number(row?.["firstId"] ?? 0), lastId: Number(row?.["lastId"] ?? 0) };
  }

  eventTexts(afterId: number, limit: number): EventRow[] {
    const rows = this.#prepared("SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?").all(afterId, limit);
    return rows.map((row) => {
      const event = soundEvent(row);
      if (event === undefined) throw this.#corrupt(`has the damaged event ${Number(row["id"])}`);
      return event;
    });
  }

  /** Those whose checksum is right, oldest first. */
  *soundEvents(): Iterable<EventRow> {
    for (const row of this.#prepared("SELECT * FROM event ORDER BY id").iterate()) {
      const event = soundEvent(row);
      if (event !== undefined) yield event;
    }
  }

  putEvent(id: number, body: string): void {
    this.#prepared("INSERT INTO event VALUES (?, ?, ?)").run(id, body, checksum([id, body]));
  }

  forgetEventsUpTo(id: number): void {
    this.#prepared("DELETE FROM event WHERE id <= ?").run(id);
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #corrupt(what: string): StoreCorrupt {
    return new StoreCorrupt(this.#database.file, what);
  }
}

function soundEvent(row: Record<string, SQLOutputValue>): EventRow | undefined {
  const [id, body] = [Number(row["id"]), String(row["body"])];
  return row["checksum"] === checksum([id, body]) ? { id, body } : undefined;
}

function values(row: ClusterRow): [string | null, number, number, number, number] {
  return [row.holder, row.term, row.beat, row.configuration, row.overrides];
}

/** 64 bits are plenty against accidents; nobody who can write the file needs to forge one. */
function checksum(of: readonly (string | number | null)[]): string {
  return hash("sha256", JSON.stringify(of), "hex").slice(0, 16);
}
