import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { isatty } from "node:tty";
import { type DestinationStream, pino } from "pino";
import type * as PinoPretty from "pino-pretty";

/** The part of a logger that the product uses. Fields first, then a fixed sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const stderr = 2;

/**
 * Writes to stderr (stdout belongs to data): one JSON line per entry, or a readable line where a person looks on.
 * `SKEIN_LOG_LEVEL` (debug, info, warn, error, silent; default info) decides what is written, `SKEIN_LOG_FORMAT`
 * (json, pretty) how.
 */
export function createLogger(fields: Record<string, string | number>): Logger {
  const level = process.env["SKEIN_LOG_LEVEL"] ?? "info";
  return pino({ level, base: { pid: process.pid, ...fields } }, destination());
}

/** A person looks on, rather than a program that reads line by line. */
export function logsForPeople(): boolean {
  const format = process.env["SKEIN_LOG_FORMAT"];
  return format === "pretty" || (format !== "json" && isatty(stderr));
}

function destination(): DestinationStream {
  if (!logsForPeople()) return { write: writeOrLose };
  // Loaded only here: it takes longer to load than all the rest of a start.
  const { build } = createRequire(import.meta.url)("pino-pretty") as typeof PinoPretty;
  return build({
    destination: stderr,
    sync: true,
    colorize: isatty(stderr) && process.env["NO_COLOR"] === undefined,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname,name,role,childPid,epoch",
    singleLine: true,
    messageFormat: "{role}{if name} {name}{end}: {msg}",
  });
}

/** Nobody can be told when the log cannot be written (a full disk, a closed pipe): no reason to end the process. */
function writeOrLose(line: string): void {
  try {
    writeSync(stderr, line);
  } catch {
    // Lost.
  }
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
