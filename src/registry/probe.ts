import type { Socket } from "node:net";
import type { HostPort } from "../core/registry/address.ts";
import type { WorkerTls } from "../protocol/configuration.ts";
import type { Clock } from "../runtime/clock.ts";
import { authorityOf, dial, isDistrust } from "../runtime/dial.ts";
import { silentLogger } from "../runtime/logger.ts";
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
  /** This process itself was paused meanwhile: no verdict, ask again. */
  | { kind: "void" };

/** Whom to ask. Without `tls`: in clear. */
export interface ProbeTarget extends HostPort {
  readonly tls?: { service: string; worker: string; settings: WorkerTls; serverName: string | undefined };
}

/** The port to the network: the simulator puts another in its place. */
export type Prober = (target: ProbeTarget, question: Question, timeoutMs: number) => Promise<ProbeResult>;

const answerBytesMax = 16 * 1024;
const pauseMs = 250;
const statusLine = /^HTTP\/1\.[01] ([1-5][0-9]{2})/;

export function netProber(clock: Clock, trusts = new WorkerTrusts(clock, silentLogger)): Prober {
  return ({ host, port, tls }, question, timeoutMs) =>
    new Promise((done) => {
      const startedAt = clock.now();
      const target = { host, port, serverName: tls?.serverName };
      const trust = tls === undefined ? undefined : trusts.of(tls.service, tls.settings);
      const { socket, established } = dial(target, { trust });
      let over = false;
      const finish = (result: ProbeResult, linger = false): void => {
        if (over) return;
        over = true;
        timer.cancel();
        if (!linger) socket.destroy();
        done(result);
      };
      const timer = clock.after(timeoutMs, () => {
        // The answer may already wait in the socket: timers run before it is read.
        clock.afterPendingInput(() => {
          const paused = clock.now() - startedAt > timeoutMs + pauseMs;
          finish({ kind: paused ? "void" : "silent" });
        });
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        if (tls !== undefined && !over && isDistrust(error)) trusts.complain(tls.service, tls.worker, error);
        finish({ kind: error.code === "ECONNREFUSED" ? "refused" : "silent" });
      });
      socket.on("close", () => finish({ kind: "silent" }));
      socket.on(established, () => {
        if (question.kind === "connect") finish({ kind: "connected" });
        else socket.write(requestText(authorityOf(target, trust), question));
      });
      if (question.kind === "http")
        readStatus(socket, (status) => finish({ kind: "answered", status }, true));
    });
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
