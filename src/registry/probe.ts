import type { Socket } from "node:net";
import { inquiryStep, type Patience, type Tries } from "../core/health/inquiry.ts";
import type { HostPort } from "../core/registry/address.ts";
import type { WorkerTls } from "../protocol/configuration.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { authorityOf, dial, isDistrust, lacksMeans } from "../runtime/dial.ts";
import { DialLack } from "../runtime/dial-lack.ts";
import { type Logger, silentLogger } from "../runtime/logger.ts";
import { WorkerTrusts } from "../runtime/worker-trusts.ts";

/** What to ask a worker's address. `http`: one request; any status line is an answer. */
export type Question = { kind: "connect" } | { kind: "http"; method: "GET" | "OPTIONS"; path: string };

export type ProbeResult =
  | { kind: "connected" }
  /** It sent a status line. */
  | { kind: "answered"; status: number }
  | { kind: "refused" }
  /** No connection or no answer in time, or the connection broke. */
  | { kind: "silent" }
  /** This process itself was paused meanwhile, or has no file or no port left: no verdict, ask again. */
  | { kind: "void" };

/** Whom to ask. Without `tls` and `sealedBy`: in clear. */
export interface ProbeTarget extends HostPort {
  /** It is on another host and takes requests there, encrypted by the key of its link. */
  readonly sealedBy?: { readonly port: number; readonly key: string };
  readonly tls?: { service: string; worker: string; settings: WorkerTls; serverName: string | undefined };
}

/** The port to the network: the simulator puts another in its place. */
export type Prober = (target: ProbeTarget, question: Question, patience: Patience) => Promise<ProbeResult>;

const answerBytesMax = 16 * 1024;
const pauseMs = 250;
/** What there is none left of is not there again at once. */
const lackMs = 250;
const statusLine = /^HTTP\/1\.[01] ([1-5][0-9]{2})/;

export function netProber(clock: Clock, logger: Logger = silentLogger): Prober {
  const trusts = new WorkerTrusts(clock, logger);
  const dialLack = new DialLack(clock, logger);
  return (target, question, patience) =>
    new Promise((done) => new Inquiry({ clock, trusts, dialLack, target, question, patience, done }).goOn());
}

interface Asked {
  clock: Clock;
  trusts: WorkerTrusts;
  dialLack: DialLack;
  target: ProbeTarget;
  question: Question;
  patience: Patience;
  done(result: ProbeResult): void;
}

/** One question, over one connection or several: see core/health/inquiry.ts. */
class Inquiry {
  readonly #asked: Asked;
  readonly #startedAt: number;
  readonly #sockets: Socket[] = [];
  #tries: Tries = { made: 0, connected: 0, lastAtMs: 0 };
  #timer: Timer | undefined;
  #over = false;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#startedAt = asked.clock.now();
  }

  goOn(dueAt = Infinity): void {
    if (this.#over) return;
    const { clock, patience } = this.#asked;
    const now = clock.now();
    if (now - dueAt > pauseMs) return this.#finish({ kind: "void" });
    const elapsedMs = now - this.#startedAt;
    const step = inquiryStep(this.#tries, elapsedMs, patience);
    switch (step.kind) {
      case "try":
        this.#tries = { ...this.#tries, made: this.#tries.made + 1, lastAtMs: elapsedMs };
        this.#try();
        return this.goOn();
      case "wait":
        // The answer may already wait in the socket: timers run before it is read.
        this.#timer = clock.after(step.forMs, () =>
          clock.afterPendingInput(() => this.goOn(now + step.forMs)),
        );
        return;
      case "silent":
        return this.#finish({ kind: "silent" });
    }
  }

  #try(): void {
    const { trusts, question } = this.#asked;
    const { host, port, tls, sealedBy } = this.#asked.target;
    const target = { host, port, serverName: tls?.serverName };
    const trust = tls === undefined ? undefined : trusts.of(tls.service, tls.settings);
    const place = sealedBy === undefined ? target : { ...target, port: sealedBy.port };
    const seal = sealedBy === undefined ? undefined : { key: sealedBy.key, protocol: "http/1.1" as const };
    const { socket, established, reached } = dial(place, { trust, seal });
    this.#sockets.push(socket);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (lacksMeans(error)) return this.#couldNotAsk(error);
      if (tls !== undefined && !this.#over && isDistrust(error))
        trusts.complain(tls.service, tls.worker, error);
      this.#finish({ kind: error.code === "ECONNREFUSED" ? "refused" : "silent" });
    });
    socket.on("close", () => this.#finish({ kind: "silent" }));
    socket.on(reached, () => {
      this.#tries = { ...this.#tries, connected: this.#tries.connected + 1 };
      if (question.kind === "connect") this.#finish({ kind: "connected" });
    });
    socket.on(established, () => {
      if (question.kind === "http") socket.write(requestText(authorityOf(target, trust), question));
    });
    if (question.kind === "http")
      readStatus(socket, (status) => this.#finish({ kind: "answered", status }, socket));
  }

  #finish(result: ProbeResult, lingers?: Socket): void {
    if (this.#end(lingers)) this.#asked.done(result);
  }

  /** Who hears of it asks again: told at once, the two would let nothing else run. */
  #couldNotAsk(error: NodeJS.ErrnoException): void {
    const asked = this.#asked;
    asked.dialLack.complain(error);
    if (this.#end()) asked.clock.after(lackMs, () => asked.done({ kind: "void" }));
  }

  /** `lingers`: this one ends by itself, when it has been read. False: it has ended before. */
  #end(lingers?: Socket): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#timer?.cancel();
    for (const socket of this.#sockets) if (socket !== lingers) socket.destroy();
    return true;
  }
}

function requestText(authority: string, question: Extract<Question, { kind: "http" }>): string {
  return (
    `${question.method} ${question.path} HTTP/1.1\r\nHost: ${authority}\r\n` +
    "User-Agent: skein-check\r\nConnection: close\r\n\r\n"
  );
}

/** Reads the answer to its end (within limits), so that the worker sees an orderly close. */
function readStatus(socket: Socket, found: (status: number) => void): void {
  let head = "";
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (head.length < 16) head += chunk.toString("latin1", 0, 16);
    if (bytes > answerBytesMax) socket.destroy();
    else if (head.length >= 12) {
      const status = statusLine.exec(head);
      if (status === null) socket.destroy();
      else found(Number(status[1]));
    }
  });
  socket.on("end", () => socket.destroy());
  socket.setTimeout(2_000, () => socket.destroy());
}
