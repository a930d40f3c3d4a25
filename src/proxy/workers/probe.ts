import { inquiryStep, type Patience, type Tries } from "../../core/health/inquiry.ts";
import { type Dialled, isDistrust } from "../../runtime/dial.ts";
import { Deadline, type TimerWheel } from "../timer-wheel.ts";

export type ProbeResult = "passed" | "refused" | "silent";

/** A service's check, else what tests whether a server answers and does nothing (RFC 9110, 9.3.7). */
export type Question = { method: "GET"; path: string } | { method: "OPTIONS"; path: "*" };

export interface Probe {
  dial(): Dialled;
  /** What a worker is asked: whether it accepts a connection (undefined), or whether it answers a byte to this. */
  question: Question | undefined;
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
    const { socket, established, reached } = asked.dial();
    const { question } = asked;
    let heardUs = false;
    const isSealed = reached !== established;
    let taken = false;
    sockets.push(socket);
    socket.on("connect", () => (taken = true));
    socket.on(reached, () => {
      tries = { ...tries, connected: tries.connected + 1 };
      if (question === undefined) finish("passed");
    });
    socket.on(established, () => {
      heardUs = true;
      if (question !== undefined) socket.write(textOf(question, asked.authority), "latin1");
    });
    // Nobody promised to answer `OPTIONS *`, and only a process that runs hangs up on it.
    const ended = (error?: NodeJS.ErrnoException): void => {
      // Amid the handshake: it was taken, so somebody listens; another try may come through.
      if (error?.code === "ECONNRESET") taken = true;
      if (isSealed && taken && !heardUs && (error === undefined || !isDistrust(error))) return;
      finish(heardUs && question?.method === "OPTIONS" ? "passed" : "refused");
    };
    socket.on("data", () => finish("passed"));
    socket.on("error", ended);
    socket.on("close", () => ended());
  };
  const deadline = new Deadline(wheel, goOn);
  goOn(beganAt);
}

function textOf({ method, path }: Question, authority: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: skein-probe\r\nConnection: close\r\n\r\n`;
}
