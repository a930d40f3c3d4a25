import { SkeinError } from "../protocol/error.ts";
import type { PeerAnswer } from "../protocol/peer.ts";
import type { Clock, Timer } from "../runtime/clock.ts";

export const askLimits = {
  /** An answer that comes later is nobody's any more. */
  answerMsMax: 5_000,
  /** Questions to all peers that wait for their answers. */
  waitingMax: 256,
  /** Of one peer, answered at the same time. */
  answeringMax: 32,
};

interface Waiting {
  peer: string;
  timer: Timer;
  resolve(answer: PeerAnswer): void;
  reject(error: SkeinError): void;
}

/** The questions to peers whose answers have not come yet. */
export class Asks {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `send` is given the question's number. Rejects with SkeinError when no answer comes. */
  ask(peer: string, send: (n: number) => void): Promise<PeerAnswer> {
    if (this.#waiting.size >= askLimits.waitingMax) {
      return Promise.reject(
        new SkeinError("tooManyRequests", "Too many changes wait for the leader. Try again."),
      );
    }
    const n = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(askLimits.answerMsMax, () => this.#fail(n));
      this.#waiting.set(n, { peer, timer, resolve, reject });
      send(n);
    });
  }

  /** Another peer than the one that was asked answers nothing. */
  answered(peer: string, n: number, answer: PeerAnswer): void {
    const waiting = this.#waiting.get(n);
    if (waiting?.peer !== peer) return;
    this.#waiting.delete(n);
    waiting.timer.cancel();
    waiting.resolve(answer);
  }

  /** Nothing more will come from this peer. */
  lost(peer: string): void {
    for (const [n, waiting] of this.#waiting) if (waiting.peer === peer) this.#fail(n);
  }

  #fail(n: number): void {
    const waiting = this.#waiting.get(n);
    if (waiting === undefined) return;
    this.#waiting.delete(n);
    waiting.timer.cancel();
    waiting.reject(
      new SkeinError(
        "outcomeUnknown",
        "The leader did not answer: it may have just ended, and what was asked may have been done. Look, and try again.",
      ),
    );
  }
}

/** What comes back to a peer whose question cannot be answered. */
export function refusal(status: number, code: string, detail: string): PeerAnswer {
  return {
    status,
    headers: { "content-type": "application/problem+json", "x-skein-reason": code },
    body: JSON.stringify({ type: "about:blank", title: detail, status, code, detail }),
  };
}
