import type { GatewayStatus } from "../../protocol/supervision.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { Stage } from "../cluster/stage.ts";
import { rowsNamed } from "../drill/rows.ts";
import type { Desk, Played } from "../panel/desk.ts";
import { deferred, eventually } from "../wait.ts";
import type { Paint } from "./paint.ts";
import { keyLines, outcomeLines, statusLine } from "./words.ts";

const faultByKey: Record<string, string> = {
  l: "kill-leader",
  w: "kill-worker",
  f: "stop-worker",
  b: "block-worker",
  r: "roll-workers",
};

/** The demo at a terminal: a live line, and faults at the press of a key. */
export class DemoSession {
  readonly #stage: Stage;
  readonly #desk: Desk;
  readonly #paint: Paint;
  readonly #out: NodeJS.WriteStream;
  readonly #clock: Clock = systemClock;
  readonly #over = deferred();
  #status: GatewayStatus | undefined;

  constructor(stage: Stage, desk: Desk, out: NodeJS.WriteStream, paint: Paint) {
    this.#stage = stage;
    this.#desk = desk;
    this.#out = out;
    this.#paint = paint;
  }

  /** Resolves when the user has quit. */
  async run(input: NodeJS.ReadStream): Promise<void> {
    this.#print(...keyLines, "");
    this.#desk.onPlayed((played) => this.#tell(played));
    const timer = setInterval(() => void this.#refresh(), 250);
    input.setRawMode(true);
    input.setEncoding("utf8");
    const onKeys = (keys: string): void => {
      for (const key of keys) this.#press(key);
    };
    input.on("data", onKeys);
    input.resume();
    await this.#over.promise;
    clearInterval(timer);
    input.off("data", onKeys);
    input.setRawMode(false);
    input.pause();
    this.#out.write("\n");
  }

  quit(): void {
    this.#over.resolve();
  }

  #press(key: string): void {
    // Raw mode: Ctrl-C and Ctrl-D come as bytes.
    if (key === "q" || key === "\u0003" || key === "\u0004") return this.quit();
    const [row] = rowsNamed([faultByKey[key] ?? ""].filter((name) => name !== ""));
    if (row === undefined) return;
    const begun = this.#desk.playRow(row);
    this.#print(
      begun
        ? this.#paint.bold(`  ${row.title} ...`)
        : this.#paint.dim("  one thing at a time: the last fault is not over yet"),
    );
  }

  #tell({ outcome, title, tally, times }: Played): void {
    const paint = outcome.complaints.length === 0 ? this.#paint.good : this.#paint.bad;
    this.#print(...outcomeLines(title, tally, times).map(paint));
    this.#print(...outcome.complaints.map((complaint) => this.#paint.bad(`    ${complaint}`)));
  }

  async #refresh(): Promise<void> {
    this.#status =
      (await eventually(async () => await this.#stage.gateway.status(200), { withinMs: 0 })) ?? this.#status;
    const recent = this.#desk.recent(this.#clock.now() - 1000);
    const children = this.#status?.children ?? [];
    const ready = children.filter((child) => child.state === "ready");
    const line = statusLine(recent, {
      workers: this.#stage.fleet.ids.map((id, index) => `${index + 1} ${this.#stateOf(id)}`),
      controllers: ready.filter((child) => child.role === "controller").length,
      proxies: ready.filter((child) => child.role === "proxy").length,
      led: children.some((child) => child.leader),
    });
    this.#out.write(`\r\u001B[2K${line}`);
  }

  #stateOf(id: string): string {
    const state = this.#stage.watch.statesOf(id).find((one) => one?.kind !== "live") ?? {
      kind: "live" as const,
    };
    if (this.#stage.watch.statesOf(id).every((one) => one === undefined)) return "gone";
    return state.kind === "suspect" ? state.cause : state.kind;
  }

  #print(...lines: string[]): void {
    if (lines.length > 0) this.#out.write(`\r\u001B[2K${lines.join("\n")}\n`);
  }
}
