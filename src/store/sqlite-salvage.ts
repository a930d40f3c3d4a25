import { existsSync } from "node:fs";
import { SqliteDatabase } from "./sqlite-database.ts";
import { type DocumentName, type DocumentRow, type EventRow, SqliteRecords } from "./sqlite-records.ts";

/** What of a damaged file is proved right by its own checksums. */
export interface Salvage {
  /** 0: nobody knows. */
  term: number;
  documents: Partial<Record<DocumentName, DocumentRow>>;
  /** What operators said was there and cannot be read. */
  wordsLost: boolean;
  events: EventRow[];
}

export function salvageFrom(file: string): Salvage {
  const nothing: Salvage = { term: 0, documents: {}, wordsLost: true, events: [] };
  // To open what is not there would make it.
  const database = existsSync(file) ? quietly(() => new SqliteDatabase(file)) : undefined;
  if (database === undefined) return nothing;
  try {
    return salvageIn(new SqliteRecords(database));
  } finally {
    quietly(() => database.close());
  }
}

function salvageIn(records: SqliteRecords): Salvage {
  const row = quietly(() => records.cluster());
  const documents: Salvage["documents"] = {};
  let wordsLost = false;
  for (const name of ["configuration", "overrides"] as const) {
    const found = quietly(() => records.findDocument(name)) ?? "damaged";
    if (typeof found === "object" && found.revision === (row?.[name] ?? found.revision))
      documents[name] = found;
    else if (name === "overrides") wordsLost = found !== "absent" || (row?.[name] ?? 0) > 0;
  }
  return { term: row?.term ?? 0, documents, wordsLost, events: soundEvents(records) };
}

/** As many as sqlite can come to, each once: a page that was not written leaves rows that stand on another one as well. */
function soundEvents(records: SqliteRecords): EventRow[] {
  const events: EventRow[] = [];
  quietly(() => {
    for (const event of records.soundEvents()) if (event.id > (events.at(-1)?.id ?? 0)) events.push(event);
  });
  return events;
}

/** Undefined: it cannot be read. That the file is damaged is known. */
function quietly<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
