import type { ProxySettings } from "../protocol/configuration.ts";
import { type AnswerOwner, AnswerReader } from "./answer-reader.ts";

const keptMax = 64;

/**
 * Readers for the streams of all links: a stream needs one only from its answer's first byte to its last, and most
 * answers come whole, so that few serve many.
 */
export class AnswerReaders {
  readonly #limits: () => ProxySettings["limits"];
  #madeWith: ProxySettings["limits"] | undefined;
  #free: AnswerReader[] = [];

  constructor(limits: () => ProxySettings["limits"]) {
    this.#limits = limits;
  }

  take(owner: AnswerOwner): AnswerReader {
    const limits = this.#limits();
    if (limits !== this.#madeWith) {
      this.#madeWith = limits;
      this.#free = [];
    }
    return this.#free.pop() ?? new AnswerReader(limits, owner);
  }

  giveBack(reader: AnswerReader): void {
    if (this.#free.length < keptMax && reader.limits === this.#madeWith) this.#free.push(reader);
  }
}
