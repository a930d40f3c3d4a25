import type { Engine, LateSender } from "../engine.ts";

/** What a record of TLS holds at most (RFC 8446, 5.1). */
const recordBytesMax = 16_384;
/** As much as one read of a plain connection brings. */
const turnBytesMax = 65_536;

export interface TurnOwner {
  /** All that came in this turn has been taken: it goes on. */
  turnOver(): void;
}

/**
 * One read of a connection below TLS may bring several records, and each comes by itself; behind one that is full there is
 * nearly always another. What they bring goes on in one write: with the first that is not full, when as much has come as
 * one read of a plain connection brings, or at the latest when the sockets have been read.
 */
export class LateTurn implements LateSender {
  readonly #sendLater: Engine["sendLater"];
  readonly #owner: TurnOwner;
  #waits = false;
  #bytes = 0;

  constructor(sendLater: Engine["sendLater"], owner: TurnOwner) {
    this.#sendLater = sendLater;
    this.#owner = owner;
  }

  /** A record has come. True: its turn is over later. */
  goesOn(recordBytes: number): boolean {
    this.#bytes += recordBytes;
    if (recordBytes < recordBytesMax || this.#bytes >= turnBytesMax) {
      this.#bytes = 0;
      return false;
    }
    if (!this.#waits) this.#sendLater.add(this);
    this.#waits = true;
    return true;
  }

  sendNow(): void {
    this.#waits = false;
    this.#bytes = 0;
    this.#owner.turnOver();
  }
}
