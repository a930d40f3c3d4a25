import { writeTraceparent } from "../../core/traces/trace-context.ts";
import type { Random } from "../../runtime/random.ts";
import { randomId } from "./span-ids.ts";

/** Of a request whose trace is not recorded the workers are told one parent, which nobody will ever see. */
export interface TraceStart {
  traceId: string;
  /** Empty: it begins here. */
  parentId: string;
  flags: number;
  state: string;
  /** Its spans are told. */
  recorded: boolean;
  secure: boolean;
  minor: 0 | 1;
}

/** The trace that one request is a part of, as it goes on from here. */
export class RequestTrace {
  readonly start: TraceStart;
  readonly spanId: string;
  readonly #random: Random;

  constructor(start: TraceStart, random: Random) {
    this.start = start;
    this.#random = random;
    this.spanId = this.newSpanId();
  }

  /** For a try: what its worker does is a part of that. */
  newSpanId(): string {
    return randomId(16, this.#random);
  }

  /** A whole head, with the context that belongs to the try. It has none of its own (`traced`). */
  headFor(head: string, spanId: string): string {
    const { traceId, flags, state } = this.start;
    const parent = writeTraceparent({ traceId, parentId: spanId, flags });
    const stateLine = state === "" ? "" : `tracestate: ${state}\r\n`;
    return `${head.slice(0, -2)}traceparent: ${parent}\r\n${stateLine}\r\n`;
  }
}
