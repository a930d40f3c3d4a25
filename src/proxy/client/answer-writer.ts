import {
  type AnswerHead,
  answerFraming,
  chunkHead,
  chunkTail,
  type Framing,
  lastChunk,
  type RequestHead,
  type RequestId,
  strictTransportField,
  writeAnswerHead,
  writeOwnAnswer,
} from "../../http1/http1.ts";
import type { Engine } from "../engine.ts";
import type { GatewayAnswer } from "../exchange/gateway-answer.ts";
import type { Outlet } from "../sockets/outlet.ts";

/** Writes the answers to one request after the other as HTTP/1.1, framed as its client understands it. */
export class AnswerWriter {
  readonly #engine: Pick<Engine, "httpDate">;
  /** To which it answers: the parser's, the same for all of them. */
  readonly #request: RequestHead;
  #outlet!: Pick<Outlet, "text" | "bytes">;
  #strictTransport = "";
  #framing: Framing = "none";

  constructor(engine: Pick<Engine, "httpDate">, request: RequestHead) {
    this.#engine = engine;
    this.#request = request;
  }

  /** From now on it writes here. `strictTransport`: value of Strict-Transport-Security, or empty. */
  writeTo(outlet: Pick<Outlet, "text" | "bytes">, strictTransport: string): void {
    this.#outlet = outlet;
    this.#strictTransport = strictTransport;
  }

  /** HTTP/1.0 knows no 1xx. */
  informational(head: AnswerHead): void {
    if (this.#request.minor === 0) return;
    this.#framing = "none";
    this.#head(head, true, undefined, "");
  }

  /** `added`: field lines of ours. False: only the connection's end shows the answer's. */
  head(head: AnswerHead, keepAlive: boolean, requestId: RequestId, added: string): boolean {
    this.#framing = answerFraming(head, this.#request.minor);
    this.#head(head, keepAlive, requestId, added);
    return this.#framing !== "close";
  }

  /** The 101 head: what follows is written as it comes. */
  switchProtocols(head: AnswerHead, requestId: RequestId, added: string): void {
    this.#framing = "none";
    this.#head(head, true, requestId, added);
  }

  #head(head: AnswerHead, keepAlive: boolean, requestId: RequestId | undefined, added: string): void {
    const text = writeAnswerHead(head, {
      clientMinor: this.#request.minor,
      framing: this.#framing,
      keepAlive,
      requestId,
      date: this.#engine.httpDate(),
      strictTransport: this.#strictTransport,
      added,
    });
    this.#outlet.text(text);
  }

  data(bytes: Buffer, from: number, to: number): void {
    const chunked = this.#framing === "chunked";
    if (chunked) this.#outlet.text(chunkHead(to - from));
    this.#outlet.bytes(bytes, from, to);
    if (chunked) this.#outlet.text(chunkTail);
  }

  end(trailers: string): void {
    if (this.#framing === "chunked") this.#outlet.text(lastChunk(trailers));
  }

  /** An answer of the gateway itself. */
  own({ status, fields: given, body }: GatewayAnswer, keepAlive: boolean, headOnly: boolean): void {
    const strict = this.#strictTransport;
    const fields = strict === "" ? given : [...given, strictTransportField(strict)];
    this.#outlet.text(writeOwnAnswer({ status, fields, body, keepAlive, headOnly }));
  }
}
