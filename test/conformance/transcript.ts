import type { AnswerHead, Failure, RequestHead } from "../../src/http1/http1.ts";
import { AnswerParser, BodyReader, RequestParser } from "../../src/http1/http1.ts";

export const requestLimits = { headBytesMax: 16_384, fieldsMax: 100, targetBytesMax: 8192 };
export const answerLimits = { headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 0 };

/** One message as our reader understood it. */
export interface ReadMessage {
  head: string;
  method: string;
  target: string;
  status: number;
  framing: string;
  upgrade: string;
  expectContinue: boolean;
  fields: [name: string, value: string][];
  body: string;
  trailers: string;
}

/** Everything that an input says, in a form that can be compared. */
export interface Transcript {
  messages: ReadMessage[];
  failure: Failure | undefined;
  /** What was not yet a whole message at the end, or at the failure. */
  rest: "nothing" | "head" | "body";
  /** Bytes after the last message that were not looked at (after an upgrade, CONNECT or a closing message). */
  leftover: number;
}

/** Cuts `input` at these places (sorted, within it). */
export function pieces(input: Buffer, cuts: readonly number[]): Buffer[] {
  const bounds = [0, ...cuts, input.length];
  return bounds.slice(1).map((to, index) => Buffer.from(input.subarray(bounds[index], to)));
}

export function byteByByte(input: Buffer): Buffer[] {
  return pieces(
    input,
    Array.from({ length: Math.max(0, input.length - 1) }, (_, index) => index + 1),
  );
}

/** Reads requests from pieces until the end, a failure, or a message after which another protocol may begin. */
export function readRequests(parts: readonly Buffer[]): Transcript {
  return new RequestReading().read(parts);
}

/** Reads answers to requests of these methods; the end of `parts` is the end of the connection. */
export function readAnswers(parts: readonly Buffer[], methods: readonly string[]): Transcript {
  return new AnswerReading(methods).read(parts);
}

function fieldsOf(head: RequestHead | AnswerHead): [string, string][] {
  return Array.from({ length: head.fieldCount }, (_, index) => [
    head.fieldName(index),
    head.fieldValue(index),
  ]);
}

abstract class Reading {
  readonly transcript: Transcript = { messages: [], failure: undefined, rest: "nothing", leftover: 0 };
  protected abstract readonly body: BodyReader;
  private inBody = false;
  private over = false;
  private chunks: string[] = [];
  protected message: ReadMessage | undefined;

  protected abstract pushHead(buffer: Buffer, at: number): number;
  protected abstract headState(): { state: string; failure: Failure | undefined; started: boolean };
  /** Begins the body; returns the message, and whether reading ends after it. */
  protected abstract beginBody(): { message: ReadMessage; last: boolean };
  protected abstract endMessage(): void;
  private last = false;

  read(parts: readonly Buffer[]): Transcript {
    for (const part of parts) this.readPart(part);
    if (!this.over) {
      if (this.inBody && this.body.end()) this.finishMessage();
      if (this.inBody) this.transcript.rest = "body";
      else if (this.headState().started) this.transcript.rest = "head";
    }
    return this.transcript;
  }

  private readPart(part: Buffer): void {
    let at = 0;
    while (at < part.length && !this.over)
      at = this.inBody ? this.readBody(part, at) : this.readHead(part, at);
    this.transcript.leftover += part.length - at;
    if (this.transcript.failure !== undefined) this.transcript.leftover = 0;
  }

  private readHead(part: Buffer, from: number): number {
    const at = this.pushHead(part, from);
    const { state, failure } = this.headState();
    if (state === "failed") this.fail(failure);
    if (state !== "complete") return state === "more" ? part.length : at;
    const { message, last } = this.beginBody();
    this.message = message;
    this.last = last;
    this.inBody = true;
    this.chunks = [];
    if (this.body.done) this.finishMessage();
    return at;
  }

  private readBody(part: Buffer, from: number): number {
    const at = this.body.read(part, from, part.length);
    this.chunks.push(part.toString("latin1", this.body.from, this.body.to));
    if (this.body.failure !== undefined) this.fail(this.body.failure);
    else if (this.body.done) this.finishMessage();
    return at;
  }

  private finishMessage(): void {
    const message = this.message!;
    message.body = this.chunks.join("");
    message.trailers = this.body.trailers;
    this.transcript.messages.push(message);
    this.inBody = false;
    if (this.last) this.over = true;
    else this.endMessage();
  }

  private fail(failure: Failure | undefined): void {
    this.transcript.failure = failure;
    this.transcript.rest = this.inBody ? "body" : "head";
    this.over = true;
  }
}

class RequestReading extends Reading {
  protected override readonly body = new BodyReader("badFraming");
  private readonly parser = new RequestParser(requestLimits);

  protected override pushHead(buffer: Buffer, at: number): number {
    return this.parser.push(buffer, at, buffer.length);
  }

  protected override headState() {
    return this.parser;
  }

  protected override beginBody() {
    const head = this.parser.head;
    this.body.begin(head.framing, head.contentLength);
    const message = {
      head: head.text,
      method: head.method,
      target: head.target,
      status: 0,
      framing: head.framing,
      upgrade: head.upgrade,
      expectContinue: head.expectContinue,
      fields: fieldsOf(head),
      body: "",
      trailers: "",
    };
    return { message, last: !head.keepAlive || head.upgrade !== "" };
  }

  protected override endMessage(): void {
    this.parser.next();
  }
}

class AnswerReading extends Reading {
  protected override readonly body = new BodyReader("badAnswer");
  private readonly parser = new AnswerParser(answerLimits);
  private readonly methods: readonly string[];
  private answered = 0;

  constructor(methods: readonly string[]) {
    super();
    this.methods = methods;
    this.parser.next(methods[0] ?? "GET");
  }

  protected override pushHead(buffer: Buffer, at: number): number {
    return this.parser.push(buffer, at, buffer.length);
  }

  protected override headState() {
    return this.parser;
  }

  protected override beginBody() {
    const head = this.parser.head;
    this.body.begin(head.framing, head.contentLength);
    if (!head.informational) this.answered++;
    const message = {
      head: head.text,
      method: "",
      target: "",
      status: head.status,
      framing: head.framing,
      upgrade: head.upgrade,
      expectContinue: false,
      fields: fieldsOf(head),
      body: "",
      trailers: "",
    };
    return { message, last: head.status === 101 || (!head.informational && !head.keepAlive) };
  }

  protected override endMessage(): void {
    this.parser.next(this.methods[this.answered] ?? "GET");
  }
}
