import type { ClientRequest, IncomingMessage } from "node:http";
import type { ProxyQuestion } from "../../protocol/requests.ts";
import type { TableFrame } from "../../protocol/routing-table.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { JsonLines } from "../../runtime/json-lines.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Random } from "../../runtime/random.ts";
import type { ControlPlace } from "./control-places.ts";

const silenceMs = 1_500;
const retryMs = 100;
/** A full table of ten thousand workers is some megabytes. */
const lineBytesMax = 64 * 1024 * 1024;
/** Taking in so many workers, or routes, takes about a millisecond. */
const rowsMax = 250;

export interface TableClientOptions {
  /** The controllers that may be there. */
  places(): Promise<readonly ControlPlace[]>;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** The highest (term, revision) seen: told to the controller, which must not stay behind it. */
  identity(): { term: number; revision: number };
  streamBegins(): void;
  /** False: leave this controller. */
  take(frame: TableFrame): boolean;
  /** The controller asks what this proxy remembers: see `POST /v1/answers`. */
  asked(question: ProxyQuestion): void;
}

/**
 *   looking --> attached --(silent, ended, or behind)--> looking (not at the same one first)
 *
 * Keeps one table stream of one controller open, whichever answers.
 */
export class TableClient {
  readonly #options: TableClientOptions;
  #place: ControlPlace | undefined;
  #last = "";
  #request: ClientRequest | undefined;
  #silence: Timer | undefined;
  #retry: Timer | undefined;
  #closed = false;
  #framesSeen = 0;

  constructor(options: TableClientOptions) {
    this.#options = options;
    void this.#look();
  }

  /** The controller whose table is read, where evidence and statistics go too. */
  get attachedTo(): ControlPlace | undefined {
    return this.#place;
  }

  close(): void {
    this.#closed = true;
    this.#silence?.cancel();
    this.#retry?.cancel();
    this.#request?.destroy();
  }

  async #look(): Promise<void> {
    const places = await this.#options.places();
    if (this.#closed) return;
    const others = places.filter(({ name }) => name !== this.#last);
    const choice = others.length > 0 ? others : places;
    const place = choice[Math.floor(this.#options.random() * choice.length)];
    if (place === undefined) this.#later();
    else this.#attach(place);
  }

  #attach(place: ControlPlace): void {
    this.#last = place.name;
    const { term, revision } = this.#options.identity();
    const outgoing = place.request({
      path: `/v1/routing-table?watch=1&rows=${rowsMax}&term=${term}&revision=${revision}&answers=1`,
      headers: { accept: "application/x-ndjson" },
      agent: false,
    });
    this.#request = outgoing;
    let over = false;
    const leave = (reason: string): void => {
      if (over) return;
      over = true;
      outgoing.destroy();
      this.#left(place, reason);
    };
    outgoing.on("response", (answer) => {
      if (answer.statusCode === 200) this.#read(answer, place, leave);
      else leave(`it answered ${answer.statusCode}`);
    });
    outgoing.on("error", (error) => leave(String(error)));
    outgoing.on("close", () => leave("the stream ended"));
    this.#listenForSilence(leave);
    outgoing.end();
  }

  #read(answer: IncomingMessage, place: ControlPlace, leave: (reason: string) => void): void {
    const lines = new JsonLines(lineBytesMax);
    this.#options.streamBegins();
    answer.on("data", (chunk: Buffer) => {
      this.#framesSeen += 1;
      // A large table is taken in piece by piece: between two pieces everything else has its turn.
      answer.pause();
      setImmediate(() => answer.resume());
      try {
        for (const frame of lines.push(chunk)) {
          const line = frame as TableFrame | ProxyQuestion;
          if (line.kind === "ask") this.#options.asked(line);
          else if (!this.#options.take(line)) return leave("its table was refused");
          else this.#place = place;
        }
      } catch (error) {
        leave(String(error));
      }
    });
    answer.on("error", (error) => leave(String(error)));
    answer.on("end", () => leave("the stream ended"));
  }

  /** Looks whether anything came since the last look; what waits in the socket counts as come. */
  #listenForSilence(leave: (reason: string) => void): void {
    const { clock } = this.#options;
    const seen = this.#framesSeen;
    this.#silence?.cancel();
    const watch = clock.after(silenceMs, () =>
      clock.afterPendingInput(() => {
        // Another stream is listened to by now, or none.
        if (this.#closed || this.#silence !== watch) return;
        if (seen === this.#framesSeen) leave(`it was silent for ${silenceMs} ms`);
        else this.#listenForSilence(leave);
      }),
    );
    this.#silence = watch;
  }

  #left(place: ControlPlace, reason: string): void {
    this.#silence?.cancel();
    this.#silence = undefined;
    const wasAttached = this.#place === place;
    this.#place = undefined;
    if (this.#closed) return;
    const fields = { controller: place.name, reason };
    if (wasAttached)
      this.#options.logger.warn(fields, "left a controller; the last routing table stays in force");
    else this.#options.logger.debug(fields, "could not attach to a controller");
    if (wasAttached) void this.#look();
    else this.#later();
  }

  #later(): void {
    this.#retry = this.#options.clock.after(retryMs, () => void this.#look());
  }
}
