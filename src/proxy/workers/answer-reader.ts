import { type AnswerHead, AnswerParser, BodyReader } from "../../http1/http1.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import type { Asker, Loss } from "../exchange/sides.ts";

/** The connection or stream on which an answer comes. It tells the exchange of the answer's end. */
export interface AnswerOwner {
  /** Whose answer it is; undefined: nobody wants it any more. */
  readonly exchange: Asker | undefined;
  /** The final head is there and valid; not yet told to the exchange. */
  answerHead(head: AnswerHead): void;
  /** `clean`: nothing came after it. */
  answerWhole(exchange: Asker, clean: boolean): void;
  /** What came is no valid answer; nothing more is read. */
  answerInvalid(exchange: Asker, loss: Loss): void;
}

/**
 *   head --1xx--> head --final--> body --whole--> head, for the next
 *                  \--101--> tunnel
 */
type Phase = "head" | "body" | "tunnel";

/** Makes of the bytes of one answer after the other what an exchange hears of it. */
export class AnswerReader {
  readonly limits: ProxySettings["limits"];
  readonly #answers: AnswerParser;
  readonly #body = new BodyReader("badAnswer");
  #owner!: AnswerOwner;
  #method = "";
  #phase: Phase = "head";

  constructor(limits: ProxySettings["limits"]) {
    this.limits = limits;
    this.#answers = new AnswerParser({
      headBytesMax: limits.workerHeadBytesMax,
      fieldsMax: limits.workerFieldsMax,
      targetBytesMax: limits.targetBytesMax,
    });
  }

  get tunnel(): boolean {
    return this.#phase === "tunnel";
  }

  /** Every answer that was begun has been read to its end. */
  get betweenAnswers(): boolean {
    return this.#phase === "head";
  }

  get trailers(): string {
    return this.#body.trailers;
  }

  /** Be ready for the answer to a request of this method. */
  begin(method: string, owner: AnswerOwner): void {
    this.#owner = owner;
    this.#method = method;
    this.#phase = "head";
    this.#answers.next(method);
  }

  /**
   * Up to the answer's end, or until nobody wants it any more. Until this returns the owner keeps the reader, unless
   * nothing came behind the answer: the exchange's next request may be under way by then, and would be answered with
   * the rest.
   */
  take(exchange: Asker, buffer: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to && this.#owner.exchange === exchange) {
      if (this.#phase === "tunnel") {
        exchange.answerData(buffer, at, to);
        return;
      }
      at =
        this.#phase === "body"
          ? this.#takeBody(exchange, buffer, at, to)
          : this.#takeHead(exchange, buffer, at, to);
    }
  }

  /** Nothing more comes. True: the answer is whole by that (its body reaches to the end, or it was a tunnel). */
  end(): boolean {
    return this.#phase === "tunnel" || (this.#phase === "body" && this.#body.end());
  }

  #takeHead(exchange: Asker, buffer: Buffer, from: number, to: number): number {
    const answers = this.#answers;
    const at = answers.push(buffer, from, to);
    if (answers.state === "more") return at;
    if (answers.state === "failed") {
      exchange.answerFault(answers.failure?.detail);
      this.#owner.answerInvalid(exchange, "bad-answer");
      return to;
    }
    const head = answers.head;
    if (head.status === 101) return this.#switch(exchange, at, to);
    if (head.informational) {
      exchange.answerInformational(head);
      answers.next(this.#method);
      return at;
    }
    const owner = this.#owner;
    owner.answerHead(head);
    this.#phase = "body";
    this.#body.begin(head.framing, head.contentLength);
    exchange.answerHead(head);
    if (this.#body.done && owner.exchange === exchange) this.#whole(exchange, at === to);
    return at;
  }

  #takeBody(exchange: Asker, buffer: Buffer, from: number, to: number): number {
    const body = this.#body;
    const at = body.read(buffer, from, to);
    if (body.failure !== undefined) {
      exchange.answerFault(body.failure.detail);
      this.#owner.answerInvalid(exchange, "bad-answer");
      return to;
    }
    if (body.to > body.from) exchange.answerData(buffer, body.from, body.to);
    if (body.done && this.#owner.exchange === exchange) this.#whole(exchange, at === to);
    return at;
  }

  #whole(exchange: Asker, clean: boolean): void {
    this.#phase = "head";
    this.#owner.answerWhole(exchange, clean);
  }

  #switch(exchange: Asker, at: number, to: number): number {
    const head = this.#answers.head;
    if (exchange.upgrade === "" || head.upgrade !== exchange.upgrade) {
      this.#owner.answerInvalid(exchange, "unasked-upgrade");
      return to;
    }
    this.#phase = "tunnel";
    exchange.switchProtocols(head);
    return at;
  }
}
