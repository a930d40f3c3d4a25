import { pino } from "pino";

/** The part of a logger that the product uses. Fields first, then a fixed sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * One JSON line per entry on stderr (stdout belongs to data). `SKEIN_LOG_LEVEL` (debug, info, warn, error,
 * silent; default info) decides what is written.
 */
export function createLogger(fields: Record<string, string | number>): Logger {
  const level = process.env["SKEIN_LOG_LEVEL"] ?? "info";
  return pino({ level, base: { pid: process.pid, ...fields } }, pino.destination({ fd: 2, sync: true }));
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
