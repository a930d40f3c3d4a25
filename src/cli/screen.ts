import type { ReadStream, WriteStream } from "node:tty";

/** A terminal as a screen: it is drawn anew, and every key counts at once. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was; idempotent. */
  close(): void;
}

export interface ScreenHandlers {
  typed: (text: string) => void;
  resized: () => void;
}

const enter = "\u001B[?1049h\u001B[?25l";
const leave = "\u001B[?25h\u001B[?1049l";

/** On the alternate screen, so that what was there comes back. */
export function openScreen(input: ReadStream, output: WriteStream, handlers: ScreenHandlers): Screen {
  let open = true;
  const typed = (chunk: Buffer): void => handlers.typed(chunk.toString("utf8"));
  const close = (): void => {
    if (!open) return;
    open = false;
    input.off("data", typed);
    output.off("resize", handlers.resized);
    input.setRawMode(false);
    input.pause();
    output.write(leave);
    process.off("exit", close);
  };
  input.setRawMode(true);
  input.on("data", typed);
  output.on("resize", handlers.resized);
  // Whatever ends the process: a terminal left raw is of no use.
  process.on("exit", close);
  output.write(enter);
  return {
    get columns() {
      return output.columns || 80;
    },
    get rows() {
      return output.rows || 24;
    },
    draw(lines) {
      // Line by line over what was there, so that nothing flickers.
      output.write(`\u001B[H${lines.map((line) => `${line}\u001B[K`).join("\r\n")}\u001B[J`);
    },
    close,
  };
}
