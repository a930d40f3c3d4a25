import { ChunkScanner } from "./chunk-scanner.ts";
import type { Failure, Framing } from "./head.ts";

/**
 * Finds where body data lies in the bytes received; used again for each message. It copies nothing.
 *
 *     begin --> reading --> done        (the next message begins at the index returned)
 *                       --> failed      (close the connection)
 */
export class BodyReader {
  done = true;
  failure: Failure | undefined;
  /** The data found by the last `read`: `from` to `to` of the buffer that was given. */
  from = 0;
  to = 0;
  /** Body bytes so far, without framing. */
  bytes = 0;
  /** Kept trailer lines, each with CRLF; empty unless chunked with trailers. */
  trailers = "";
  private framing: Framing = "none";
  private remaining = 0;
  private readonly problem: "badFraming" | "badAnswer";
  private chunks: ChunkScanner | undefined;

  /** @param problem what a bad body is called: `badFraming` (request) or `badAnswer` (answer) */
  constructor(problem: "badFraming" | "badAnswer") {
    this.problem = problem;
  }

  /** Framing `none`, or length 0, is done at once. */
  begin(framing: Framing, contentLength: number): void {
    this.framing = framing;
    this.remaining = contentLength;
    this.done = framing === "none" || (framing === "length" && contentLength === 0);
    this.failure = undefined;
    this.from = 0;
    this.to = 0;
    this.bytes = 0;
    this.trailers = "";
    if (framing === "chunked") (this.chunks ??= new ChunkScanner()).begin();
  }

  /** Takes at least one byte; returns the index after the last byte taken. Call again until `done` or the end. */
  read(buffer: Buffer, from: number, to: number): number {
    this.from = from;
    this.to = from;
    if (this.done || this.failure !== undefined || from === to) return from;
    if (this.framing === "chunked") return this.readChunks(buffer, from, to);
    this.to = this.framing === "length" ? Math.min(to, from + this.remaining) : to;
    const taken = this.to - from;
    this.bytes += taken;
    if (this.framing === "length") {
      this.remaining -= taken;
      this.done = this.remaining === 0;
    }
    return this.to;
  }

  private readChunks(buffer: Buffer, from: number, to: number): number {
    const chunks = this.chunks!;
    const at = chunks.scan(buffer, from, to);
    this.from = chunks.from;
    this.to = chunks.to;
    this.bytes += chunks.to - chunks.from;
    if (chunks.wrong !== "") this.failure = { problem: this.problem, detail: chunks.wrong };
    else if (chunks.done) {
      this.done = true;
      this.trailers = chunks.trailers;
    }
    return at;
  }

  /** The peer ended the connection. True: the body is whole (`close`, or it was done). False: it was cut. */
  end(): boolean {
    if (this.framing === "close" && this.failure === undefined) this.done = true;
    return this.done;
  }
}
