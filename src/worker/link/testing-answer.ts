import assert from "node:assert/strict";
import { AnswerParser, BodyReader } from "../../http1/http1.ts";

const limits = { headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 8_192 };
/** What differs from one connection to the next, or says how long it is kept. */
const ofTheConnection = /^(date|connection|keep-alive):.*\r\n/gim;

/** An answer as it comes, from whatever carries it. */
export class Answer {
  /** Of the final one and those before it, without what is of the connection only. */
  heads = "";
  body = "";
  trailers = "";
  state: "open" | "whole" | "cut" | "tunnel" | "closed" = "open";
  readonly #method: string;
  readonly #parser = new AnswerParser(limits);
  readonly #reader = new BodyReader("badAnswer");
  #inBody = false;
  #waiting: (() => void)[] = [];

  constructor(method: string) {
    this.#method = method;
    this.#parser.next(method);
  }

  take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && this.state === "open") {
      at = this.#inBody ? this.#readBody(bytes, at) : this.#readHead(bytes, at);
    }
    if (this.state === "tunnel") this.body += bytes.subarray(at).toString("latin1");
    this.#wake();
  }

  /** Nothing more comes. */
  end(): void {
    if (this.state === "open") this.state = this.#inBody && this.#reader.end() ? "whole" : "cut";
    if (this.state === "tunnel") this.state = "closed";
    this.#wake();
  }

  /** Until so much of it is there, or nothing more comes. */
  async until(holds: (answer: this) => boolean): Promise<this> {
    while (!holds(this) && (this.state === "open" || this.state === "tunnel")) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this;
  }

  async over(): Promise<string> {
    await this.until(() => false);
    return this.text;
  }

  get text(): string {
    return `${this.heads}${this.body}${this.trailers}[${this.state}]`;
  }

  #readHead(bytes: Buffer, from: number): number {
    const parser = this.#parser;
    const at = parser.push(bytes, from, bytes.length);
    if (parser.failure !== undefined) throw new Error(parser.failure.detail);
    if (parser.state !== "complete") return at;
    this.heads += parser.text.replace(ofTheConnection, "");
    if (parser.status === 101) this.state = "tunnel";
    else if (parser.informational) parser.next(this.#method);
    else {
      this.#inBody = true;
      this.#reader.begin(parser.framing, parser.contentLength);
      if (this.#reader.done) this.state = "whole";
    }
    return at;
  }

  #readBody(bytes: Buffer, from: number): number {
    const reader = this.#reader;
    const at = reader.read(bytes, from, bytes.length);
    assert.equal(reader.failure, undefined);
    this.body += bytes.toString("latin1", reader.from, reader.to);
    if (reader.done) {
      this.trailers = reader.trailers;
      this.state = "whole";
    }
    return at;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
