import { exitCode, Failure } from "./failure.ts";
import { tableWidth, type Terminal } from "./terminal.ts";

export interface WatchOptions {
  /** Seconds as text; true: the default. */
  watch?: string | true;
}

const defaultSeconds = 2;
const homeAndClear = "\u001B[H\u001B[J";

/** Runs what only reads once, or with `--watch` again and again until Ctrl-C, over the loss of controllers too. */
export async function watched(
  { watch }: WatchOptions,
  terminal: Terminal,
  read: (terminal: Terminal) => Promise<number>,
  interrupted: () => AbortSignal = bySignals,
): Promise<number> {
  if (watch === undefined) return read(terminal);
  const everyMs = secondsOf(watch) * 1_000;
  const end = interrupted();
  let code: number = exitCode.ok;
  while (!end.aborted) {
    const page = new Page(terminal);
    code = await read(page).catch((error: unknown) => failed(error, page));
    if (terminal.isScreen === true) terminal.out(`${homeAndClear}${page.text}`);
    else terminal.out(page.text);
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

/** A wrong command line stays wrong; everything else may pass. */
function failed(error: unknown, page: Page): number {
  if (!(error instanceof Failure) || error.exitCode === exitCode.usage) throw error;
  page.note(error.message);
  return error.exitCode;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Keeps what is written, so that it is shown at once. */
class Page implements Terminal {
  readonly columns: number;
  readonly tableColumns: number;
  readonly paint: Terminal["paint"];
  readonly #lines: string[] = [];

  constructor(terminal: Terminal) {
    this.columns = terminal.columns;
    this.tableColumns = tableWidth(terminal);
    this.paint = (colour, text) => terminal.paint(colour, text);
  }

  out(line: string): void {
    this.#lines.push(line);
  }

  note(line: string): void {
    this.#lines.push(line);
  }

  get text(): string {
    return this.#lines.join("\n");
  }
}
