import type { PeerAnswer, PeerFrame, PeerItem, PeerRequest } from "../protocol/peer.ts";
import type { PeerPorts, PeerStream } from "./peers.ts";

/** How much may wait for one receiver. Beyond it, news are dropped and a snapshot follows when it has caught up. */
export const outboundLimits = {
  waitingItemsMax: 50_000,
  bufferedBytesMax: 4 * 1024 * 1024,
  /** A receiver has caught up when no more than this is in its buffer. */
  caughtUpBytes: 64 * 1024,
  frameItemsMax: 1000,
  frameBytes: 256 * 1024,
};

/**
 * The speaking side of a stream to one peer: hello, a snapshot, then news in batches.
 *
 * ```
 *   dialling --opened--> flowing --queue or buffer full--> behind --caught up: snapshot--> flowing
 * ```
 */
export class OutboundPeer {
  readonly #ports: PeerPorts;
  readonly #stream: PeerStream;
  #state: "dialling" | "flowing" | "behind" = "dialling";
  /** Items as JSON text: made once for all receivers. */
  #waiting: string[] = [];
  /**
   * Of the last snapshot, until the receiver has caught up: it waits beside the news. Counted as news, it would put a
   * receiver behind before it had a chance, and the next snapshot would do so again, for ever.
   */
  #snapshotBytes = 0;

  constructor(stream: PeerStream, ports: PeerPorts) {
    this.#stream = stream;
    this.#ports = ports;
  }

  opened(hello: Extract<PeerFrame, { t: "hello" }>): void {
    this.#stream.send(JSON.stringify(hello));
    this.#sendSnapshot();
    this.#state = "flowing";
  }

  add(itemText: string): void {
    if (this.#state !== "flowing") return;
    this.#waiting.push(itemText);
    if (this.#waiting.length > outboundLimits.waitingItemsMax) this.#fallBehind();
  }

  /** Sends what waits; to be called every batch time. */
  flush(): void {
    const { bufferedBytes } = this.#stream;
    if (bufferedBytes <= outboundLimits.caughtUpBytes) {
      this.#snapshotBytes = 0;
      if (this.#state === "behind") {
        this.#sendSnapshot();
        this.#state = "flowing";
      }
    }
    if (this.#state !== "flowing" || this.#waiting.length === 0) return;
    if (bufferedBytes > outboundLimits.bufferedBytesMax + this.#snapshotBytes) return this.#fallBehind();
    const { term, leader } = this.#ports.leadership();
    const head = `{"t":"news","term":${term},"leader":${leader},"items":[`;
    for (const items of framesOf(this.#waiting)) this.#stream.send(`${head}${items.join(",")}]}`);
    this.#waiting = [];
  }

  alive(): void {
    if (this.#state === "dialling") return;
    const { leadership, clock } = this.#ports;
    this.#send({ t: "alive", ...leadership(), clock: clock.now() });
  }

  ask(n: number, request: PeerRequest): void {
    if (this.#state !== "dialling") this.#send({ t: "ask", n, request });
  }

  answer(n: number, answer: PeerAnswer): void {
    if (this.#state !== "dialling") this.#send({ t: "answer", n, answer });
  }

  /** False: it cannot be told anything yet. */
  get open(): boolean {
    return this.#state !== "dialling";
  }

  close(): void {
    this.#stream.close();
  }

  #send(frame: PeerFrame): void {
    this.#stream.send(JSON.stringify(frame));
  }

  #fallBehind(): void {
    this.#waiting = [];
    this.#state = "behind";
  }

  #sendSnapshot(): void {
    const { items, settled } = this.#ports.snapshot();
    const frames = framesOf(items.map((item: PeerItem) => JSON.stringify(item)));
    if (frames.length === 0) frames.push([]);
    frames.forEach((texts, index) => {
      const last = index === frames.length - 1;
      const text = `{"t":"snapshot","last":${last},"settled":${settled},"items":[${texts.join(",")}]}`;
      this.#snapshotBytes += Buffer.byteLength(text);
      this.#stream.send(text);
    });
  }
}

/** Cuts a list of JSON texts so that each part fits into a frame. */
function framesOf(texts: readonly string[]): string[][] {
  const frames: string[][] = [];
  let frame: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const length = Buffer.byteLength(text);
    const full = frame.length >= outboundLimits.frameItemsMax || bytes + length > outboundLimits.frameBytes;
    if (full && frame.length > 0) {
      frames.push(frame);
      frame = [];
      bytes = 0;
    }
    frame.push(text);
    bytes += length;
  }
  if (frame.length > 0) frames.push(frame);
  return frames;
}
