import { connect, type Socket } from "node:net";
import { type HostPort, formatAddress } from "../core/registry/address.ts";
import type { Clock } from "../runtime/clock.ts";

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

/** The port to the network: the simulator puts another in its place. */
export type Prober = (address: HostPort, question: Question, timeoutMs: number) => Promise<ProbeResult>;

const answerBytesMax = 16 * 1024;
const pauseMs = 250;
const statusLine = /^HTTP\/1\.[01] ([1-5][0-9]{2})/;

export function netProber(clock: Clock): Prober {
  return (address, question, timeoutMs) =>
    new Promise((done) => {
      const startedAt = clock.now();
      const socket = connect({ host: address.host, port: address.port, noDelay: true });
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
        finish({ kind: error.code === "ECONNREFUSED" ? "refused" : "silent" });
      });
      socket.on("close", () => finish({ kind: "silent" }));
      socket.on("connect", () => {
        if (question.kind === "connect") finish({ kind: "connected" });
        else socket.write(requestText(address, question));
      });
      if (question.kind === "http")
        readStatus(socket, (status) => finish({ kind: "answered", status }, true));
    });
}

function requestText(address: HostPort, question: Extract<Question, { kind: "http" }>): string {
  return (
    `${question.method} ${question.path} HTTP/1.1\r\nHost: ${formatAddress(address)}\r\n` +
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
