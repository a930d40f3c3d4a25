import { SupervisorError } from "../supervisor/supervisor-error.ts";
import { exitCode, Failure } from "./failure.ts";
import { tableWidth, type Terminal } from "./terminal.ts";

export interface WatchOptions {
  /** Seconds as text; true: the default. */
  watch?: string | true;
  /** Ends a read that waits for its answer. */
  signal?: AbortSignal;
}

const defaultSeconds = 2;
const homeAndClear = "\u001B[H\u001B[J";

/** Runs what only reads once, or with `--watch` again and again until Ctrl-C, over the loss of controllers and of the supervisor too. */
export async function watched<Options extends WatchOptions>(
  options: Options,
  terminal: Terminal,
  read: (options: Options, terminal: Terminal) => Promise<number>,
  interrupted: () => AbortSignal = bySignals,
): Promise<number> {
  if (options.watch === undefined) return read(options, terminal);
  const everyMs = secondsOf(options.watch) * 1_000;
  const end = interrupted();
  let code: number = exitCode.ok;
  while (!end.aborted) {
    const page = new Page(terminal);
    try {
      code = await read({ ...options, signal: end }, page);
    } catch (error) {
      if (end.aborted) break;
      code = failed(error, page);
    }
    page.show();
    await sleep(everyMs, end);
  }
  return code;
}

function bySignals(): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  return stop.signal;
}

function secondsOf(watch: string | true): number {
  const seconds = watch === true ? defaultSeconds : Number(watch);
  if (seconds >= 0.1 && seconds <= 86_400) return seconds;
  throw new Failure(
    `--watch: "${String(watch)}" is no time in seconds; write a number from 0.1`,
    exitCode.usage,
  );
}

/** A wrong command line stays wrong; everything else may pass, as a supervisor that is being replaced does. */
function failed(error: unknown, page: Page): number {
  if (error instanceof SupervisorError && (error.code === "no-answer" || error.code === "busy")) {
    page.note(error.detail);
    return exitCode.failed;
  }
  if (!(error instanceof Failure) || error.exitCode === exitCode.usage) throw error;
  page.note(error.message);
  return error.exitCode;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over);
  });
}

/** Keeps what is written, so that it is shown at once. What is for the eyes alone is part of it on a screen, where it would be drawn over. */
class Page implements Terminal {
  readonly columns: number;
  readonly tableColumns: number;
  readonly paint: Terminal["paint"];
  readonly #terminal: Terminal;
  readonly #lines: string[] = [];

  constructor(terminal: Terminal) {
    this.columns = terminal.columns;
    this.tableColumns = tableWidth(terminal);
    this.paint = (colour, text) => terminal.paint(colour, text);
    this.#terminal = terminal;
  }

  out(line: string): void {
    this.#lines.push(line);
  }

  note(line: string): void {
    if (this.#terminal.isScreen === true) this.#lines.push(line);
    else this.#terminal.note(line);
  }

  show(): void {
    const text = this.#lines.join("\n");
    if (this.#terminal.isScreen === true) this.#terminal.out(`${homeAndClear}${text}`);
    else if (text !== "") this.#terminal.out(text);
  }
}
