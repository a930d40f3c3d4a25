import { type RequestHead, RequestParser } from "../../http1/http1.ts";
import { TrailerScanner } from "../../http1/trailers.ts";
import { headLimitsMax } from "../../protocol/head-limits.ts";

/**
 * Above all that a gateway may be told to take, for it adds fields, and a rewritten path may be longer. Whoever sends it has proven
 * that it knows the key; what the service takes is for the limits of its own server to say.
 */
const headLimits = {
  headBytesMax: headLimitsMax.headBytesMax + 65_536,
  fieldsMax: headLimitsMax.fieldsMax + 50,
  targetBytesMax: headLimitsMax.targetBytesMax + 16_384,
} as const;
/** A gateway passes on 16 KiB of them, written anew and so somewhat longer: what is refused here ends the link. */
const trailerLimits = { headBytesMax: 65_536, fieldsMax: 500 } as const;
const crlf = Buffer.from("\r\n");

/** Reads the heads and trailers of the requests on one link, which may come in pieces, those of several mixed. */
export class RequestHeads {
  /** For heads that come in one piece, which is nearly all. */
  #parser = new RequestParser(headLimits);
  /** For those that do not, by stream. */
  readonly #parsers = new Map<number, RequestParser>();
  readonly #trailers = new Map<number, TrailerScanner>();

  /** A head is valid until the next call. */
  take(stream: number, bytes: Buffer, from: number, to: number): RequestHead | "more" | "refused" {
    const kept = this.#parsers.get(stream);
    const parser = kept ?? this.#parser;
    if (kept === undefined && parser.state !== "more") parser.next();
    const at = parser.push(bytes, from, to);
    if (parser.state === "complete" && at === to) return parser.head;
    if (parser.state !== "more") return "refused";
    if (kept === undefined) {
      this.#parsers.set(stream, parser);
      this.#parser = new RequestParser(headLimits);
    }
    return "more";
  }

  takeTrailers(
    stream: number,
    bytes: Buffer,
    from: number,
    to: number,
    ends: boolean,
  ): TrailerScanner | "more" | "refused" {
    const scanner = this.#trailers.get(stream) ?? new TrailerScanner(trailerLimits);
    this.#trailers.set(stream, scanner);
    scanner.push(bytes, from, to);
    // The empty line is not sent: the end of the stream's half stands for it.
    if (scanner.state !== "more") return "refused";
    if (!ends) return "more";
    scanner.push(crlf, 0, crlf.length);
    return scanner.failure === undefined && scanner.state !== "more" ? scanner : "refused";
  }

  forget(stream: number): void {
    if (this.#parsers.size > 0) this.#parsers.delete(stream);
    if (this.#trailers.size > 0) this.#trailers.delete(stream);
  }
}
