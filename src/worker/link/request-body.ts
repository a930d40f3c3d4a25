import type { Framing } from "../../http1/http1.ts";
import type { TrailerScanner } from "../../http1/trailers.ts";
import { ReceiveCredit } from "../../link/link.ts";

/** Who gets the body. */
export interface BodySink {
  /** False: no more until `resume`. */
  body(bytes: Buffer): boolean;
  whole(trailers: TrailerScanner | undefined): void;
}

/**
 * The requests' half of a stream: holds what may not be passed on yet, gives back credit for what was.
 *
 *   begin --> held --passTo--> passed on <--pause, resume--> paused
 *                                 '--everything came and was passed on--> whole
 *
 * Invariant: what is held is never more than the credit that the proxy has.
 */
export class RequestBody {
  readonly #giveBack: (bytes: number) => void;
  #credit = new ReceiveCredit();
  #sink: BodySink | undefined;
  #held: Buffer[] = [];
  /** How many of these were passed on. A client decides how many there are: taking the first off a long list moves all the others. */
  #passed = 0;
  #trailers: TrailerScanner | undefined;
  /** Bytes that may still come. */
  #left = 0;
  #chunked = false;
  #ended = true;
  #whole = true;
  #paused = false;
  #passing = false;
  #passesLater = false;

  /** @param giveBack credit for the proxy */
  constructor(giveBack: (bytes: number) => void) {
    this.#giveBack = giveBack;
  }

  /** Everything was passed on. */
  get whole(): boolean {
    return this.#whole;
  }

  /** Some of it is still to come, or waits for its reader. */
  get outstanding(): boolean {
    return !this.#whole && (!this.#ended || this.#paused);
  }

  /** Somebody gets it. */
  get taken(): boolean {
    return this.#sink !== undefined;
  }

  /** Of what was not passed on. */
  get heldBytes(): number {
    return this.#held.slice(this.#passed).reduce((sum, bytes) => sum + bytes.length, 0);
  }

  begin(framing: Framing, contentLength: number): void {
    this.#credit = new ReceiveCredit();
    this.#chunked = framing === "chunked";
    this.#left = this.#chunked ? Number.POSITIVE_INFINITY : contentLength;
    this.#ended = this.#left === 0;
    this.#whole = false;
    this.#paused = false;
  }

  /** A connection without an end of its own. */
  beginTunnel(): void {
    this.begin("chunked", 0);
    this.#chunked = false;
  }

  /** False: it breaks the rules. */
  take(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    this.#left -= bytes.length;
    if (this.#ended || this.#left < 0 || !this.#credit.received(bytes.length)) return false;
    if (this.#left === 0) this.#ended = true;
    this.#held.push(bytes);
    this.#pass();
    return true;
  }

  /** Nothing follows. False: too early, or it may not have trailers. */
  end(trailers: TrailerScanner | undefined): boolean {
    if (trailers !== undefined && (!this.#chunked || this.#ended)) return false;
    if (this.#left > 0 && this.#left !== Number.POSITIVE_INFINITY) return false;
    if (this.#ended) return true;
    this.#trailers = trailers;
    this.#ended = true;
    this.#pass();
    return true;
  }

  passTo(sink: BodySink): void {
    this.#sink = sink;
    this.#pass();
  }

  pause(): void {
    this.#paused = true;
  }

  /** Goes on a tick later, as a socket would: `resume` is called from within reads. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#passesLater || this.#whole) return;
    this.#passesLater = true;
    process.nextTick(this.#passLater);
  }

  readonly #passLater = (): void => {
    this.#passesLater = false;
    this.#pass();
  };

  /** Nobody wants it any more. */
  abandon(): void {
    this.#sink = undefined;
    this.#forgetHeld();
    this.#trailers = undefined;
    this.#ended = true;
    this.#whole = true;
  }

  #pass(): void {
    if (this.#passing) return;
    this.#passing = true;
    try {
      this.#passHeld();
    } finally {
      this.#passing = false;
    }
  }

  #passHeld(): void {
    while (this.#passed < this.#held.length && !this.#paused && this.#sink !== undefined) {
      const bytes = this.#held[this.#passed]!;
      this.#passed += 1;
      if (!this.#sink.body(bytes)) this.#paused = true;
      const back = this.#credit.passedOn(bytes.length);
      if (back > 0 && !this.#ended) this.#giveBack(back);
    }
    if (this.#passed < this.#held.length) return this.#forgetPassed();
    this.#forgetHeld();
    const sink = this.#sink;
    if (!this.#ended || this.#whole || this.#paused || sink === undefined) return;
    const trailers = this.#trailers;
    this.#sink = undefined;
    this.#trailers = undefined;
    this.#whole = true;
    sink.whole(trailers);
  }

  #forgetHeld(): void {
    if (this.#held.length > 0) this.#held = [];
    this.#passed = 0;
  }

  /** Not each time: what is left is moved then. */
  #forgetPassed(): void {
    if (this.#passed < this.#held.length / 2) return;
    this.#held = this.#held.slice(this.#passed);
    this.#passed = 0;
  }
}
