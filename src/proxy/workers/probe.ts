import { inquiryStep, type Patience, type Tries } from "../../core/health/inquiry.ts";
import type { Dialled } from "../../runtime/dial.ts";
import { Deadline, type TimerWheel } from "../timer-wheel.ts";

export type ProbeResult = "passed" | "refused" | "silent";

export interface Probe {
  dial(): Dialled;
  /** What a worker is asked: whether it accepts a connection (undefined), or whether it answers a byte to this. */
  path: string | undefined;
  authority: string;
  patience: Patience;
}

/** Asks a worker on new connections, one beside the other as core/health/inquiry.ts says. `done` is called once. */
export function probe(wheel: TimerWheel, asked: Probe, done: (result: ProbeResult) => void): void {
  const beganAt = wheel.readClock();
  const sockets: Dialled["socket"][] = [];
  let tries: Tries = { made: 0, connected: 0, lastAtMs: 0 };
  let over = false;
  const finish = (result: ProbeResult): void => {
    if (over) return;
    over = true;
    deadline.dispose();
    for (const socket of sockets) socket.destroy();
    done(result);
  };
  const goOn = (now: number): void => {
    const step = inquiryStep(tries, now - beganAt, asked.patience);
    if (step.kind === "silent") return finish("silent");
    if (step.kind === "wait") return deadline.setAt(now + step.forMs);
    tries = { ...tries, made: tries.made + 1, lastAtMs: now - beganAt };
    tryOnce();
    goOn(now);
  };
  const tryOnce = (): void => {
    const { socket, established } = asked.dial();
    sockets.push(socket);
    socket.on(established, () => {
      tries = { ...tries, connected: tries.connected + 1 };
      if (asked.path === undefined) finish("passed");
      else socket.write(questionOf(asked.path, asked.authority), "latin1");
    });
    socket.on("data", () => finish("passed"));
    socket.on("error", () => finish("refused"));
    socket.on("close", () => finish("refused"));
  };
  const deadline = new Deadline(wheel, goOn);
  goOn(beganAt);
}

function questionOf(path: string, authority: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: skein-probe\r\nConnection: close\r\n\r\n`;
}
