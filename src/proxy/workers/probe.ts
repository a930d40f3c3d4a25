import { inquiryStep, type Patience, type Tries } from "../../core/health/inquiry.ts";
import { type Dialled, isDistrust, lacksMeans } from "../../runtime/dial.ts";
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
  /** It could not be asked. */
  lacksMeans(error: NodeJS.ErrnoException): void;
}

/** Where there was no file or no port for a question, it is asked anew after this time. */
const askAnewMs = 1_000;

const noTries: Tries = { made: 0, connected: 0, lastAtMs: 0 };

/** Asks a worker on new connections, one beside the other as core/health/inquiry.ts says. `done` is called once. */
export function probe(wheel: TimerWheel, asked: Probe, done: (result: ProbeResult) => void): void {
  new Inquiry(wheel, asked, done).goOn(wheel.readClock());
}

class Inquiry {
  readonly #wheel: TimerWheel;
  readonly #asked: Probe;
  readonly #done: (result: ProbeResult) => void;
  readonly #deadline: Deadline;
  readonly #sockets: Dialled["socket"][] = [];
  #tries = noTries;
  #beganAt = 0;
  #over = false;

  constructor(wheel: TimerWheel, asked: Probe, done: (result: ProbeResult) => void) {
    this.#wheel = wheel;
    this.#asked = asked;
    this.#done = done;
    this.#deadline = new Deadline(wheel, (now) => this.goOn(now));
  }

  goOn(now: number): void {
    if (this.#tries.made === 0) this.#beganAt = now;
    const elapsedMs = now - this.#beganAt;
    const step = inquiryStep(this.#tries, elapsedMs, this.#asked.patience);
    if (step.kind === "silent") return this.#finish("silent");
    if (step.kind === "wait") return this.#deadline.setAt(now + step.forMs);
    this.#tries = { ...this.#tries, made: this.#tries.made + 1, lastAtMs: elapsedMs };
    this.#tryOnce();
    this.goOn(now);
  }

  #tryOnce(): void {
    const { question, authority } = this.#asked;
    const { socket, established, reached } = this.#asked.dial();
    const isSealed = reached !== established;
    let heardUs = false;
    let taken = false;
    let counts = true;
    this.#sockets.push(socket);
    socket.on("connect", () => (taken = true));
    socket.on(reached, () => {
      this.#tries = { ...this.#tries, connected: this.#tries.connected + 1 };
      if (question === undefined) this.#finish("passed");
    });
    socket.on(established, () => {
      heardUs = true;
      if (question !== undefined) socket.write(textOf(question, authority), "latin1");
    });
    const ended = (error?: NodeJS.ErrnoException): void => {
      counts &&= error === undefined || !lacksMeans(error);
      if (!counts) return this.#askAnew(error);
      // Amid the handshake: it was taken, so somebody listens; another try may come through.
      if (error?.code === "ECONNRESET") taken = true;
      if (isSealed && taken && !heardUs && (error === undefined || !isDistrust(error))) return;
      // Nobody promised to answer `OPTIONS *`, and only a process that runs hangs up on it.
      this.#finish(heardUs && question?.method === "OPTIONS" ? "passed" : "refused");
    };
    socket.on("data", () => this.#finish("passed"));
    socket.on("error", ended);
    socket.on("close", () => ended());
  }

  #askAnew(error: NodeJS.ErrnoException | undefined): void {
    if (this.#over || error === undefined) return;
    this.#asked.lacksMeans(error);
    this.#tries = noTries;
    this.#deadline.setAt(this.#wheel.now + askAnewMs);
  }

  #finish(result: ProbeResult): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.dispose();
    for (const socket of this.#sockets) socket.destroy();
    this.#done(result);
  }
}

function textOf({ method, path }: Question, authority: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: skein-probe\r\nConnection: close\r\n\r\n`;
}
