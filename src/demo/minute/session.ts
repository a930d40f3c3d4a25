import type { GatewayStatus } from "../../protocol/supervision.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { readLedgers } from "../cluster/ledger.ts";
import type { Stage } from "../cluster/stage.ts";
import { playFault } from "../drill/fault.ts";
import { complaintsOf } from "../drill/row-runner.ts";
import { type Row, rowsNamed } from "../drill/rows.ts";
import { Scene } from "../drill/scene.ts";
import { tally } from "../drill/tally.ts";
import { Generator } from "../load/generator.ts";
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
const recordsKept = 20_000;

/** The demo at a terminal: gentle load, a live line, and faults at the press of a key. */
export class DemoSession {
  readonly #stage: Stage;
  readonly #paint: Paint;
  readonly #out: NodeJS.WriteStream;
  readonly #clock: Clock = systemClock;
  readonly #generator = new Generator();
  readonly #over = deferred();
  #playing = false;
  #victim = 0;
  #status: GatewayStatus | undefined;

  constructor(stage: Stage, out: NodeJS.WriteStream, paint: Paint) {
    this.#stage = stage;
    this.#out = out;
    this.#paint = paint;
  }

  /** Resolves when the user has quit. */
  async run(input: NodeJS.ReadStream): Promise<void> {
    this.#print(...keyLines, "");
    await this.#generator.start({
      target: { host: "127.0.0.1", port: this.#stage.listenPort },
      name: `demo-${process.pid}`,
      perSecond: 40,
      postShare: 0.2,
      freshShare: 0.1,
      connections: 8,
      timeoutMs: 15_000,
    });
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
    this.#generator.close();
  }

  quit(): void {
    this.#over.resolve();
  }

  #press(key: string): void {
    // Raw mode: Ctrl-C and Ctrl-D come as bytes.
    if (key === "q" || key === "\u0003" || key === "\u0004") return this.quit();
    const [row] = rowsNamed([faultByKey[key] ?? ""].filter((name) => name !== ""));
    if (row === undefined) return;
    if (this.#playing)
      return this.#print(this.#paint.dim("  one thing at a time: the last fault is not over yet"));
    this.#playing = true;
    void this.#play(row).finally(() => (this.#playing = false));
  }

  async #play(row: Row): Promise<void> {
    const scene = new Scene(this.#stage, this.#victim);
    this.#victim = scene.place(1);
    const beganAt = this.#clock.now();
    this.#print(this.#paint.bold(`  ${row.title} ...`));
    const { times, complaints } = await playFault(scene, row, { tailMs: 2500, recoverWithinMs: 20_000 });
    const until = this.#clock.now();
    // What was sent during the fault gets its answer, or the client's patience ends.
    await eventually(() => this.#stable(until) || undefined, { withinMs: 3000, everyMs: 100 });
    const during = this.#generator.records.filter(
      (record) => record.endedAt >= beganAt && record.scheduledAt <= until,
    );
    const sum = tally(during, readLedgers(this.#stage.ledgerDirectory), scene.excuses);
    const wrong = [...complaints, ...complaintsOf(sum, row)];
    const paint = wrong.length === 0 ? this.#paint.good : this.#paint.bad;
    this.#print(...outcomeLines(row.title, sum, times).map(paint));
    this.#print(...wrong.map((complaint) => this.#paint.bad(`    ${complaint}`)));
  }

  #stable(until: number): boolean {
    const last = this.#generator.records.at(-1);
    return last !== undefined && last.scheduledAt > until;
  }

  async #refresh(): Promise<void> {
    const { records } = this.#generator;
    if (!this.#playing && records.length > recordsKept) records.splice(0, records.length - recordsKept);
    this.#status =
      (await eventually(async () => await this.#stage.gateway.status(200), { withinMs: 0 })) ?? this.#status;
    const since = this.#clock.now() - 1000;
    const recent = records.slice(-200).filter((record) => record.endedAt >= since);
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
