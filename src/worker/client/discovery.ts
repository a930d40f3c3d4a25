import { type ClientRequest, type IncomingMessage, request as requestInClear } from "node:http";
import { request as requestSecurely } from "node:https";
import type { WorkersFrame } from "../../protocol/discovery.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { JsonLines } from "../../runtime/json-lines.ts";
import type { Random } from "../../runtime/random.ts";
import { retryDelayMs } from "../backoff.ts";

const silenceMs = 1_500;

export interface DiscoveryOptions {
  service: string;
  clock: Clock;
  random: Random;
  token: string | undefined;
  /** PEM: who vouches for them, asked for each connection with TLS. Undefined: the system's authorities. */
  authority(): string | undefined;
  /** Controllers to ask, one after the other; asked anew each time. */
  seeds(): string[];
  take(frame: WorkersFrame): void;
}

export interface DiscoveryTrouble {
  /** The one that was asked last. */
  controller: string;
  cause: Error;
}

/**
 *   asking --first frame--> listening --(silent, ended)--> asking the next
 *
 * Keeps one stream of a service's workers open, at whichever controller answers. Does not keep the process alive.
 */
export class Discovery {
  /** Why no controller tells of workers now; undefined: one does. */
  trouble: DiscoveryTrouble | undefined;
  readonly #options: DiscoveryOptions;
  #attempt = 0;
  #asked = 0;
  #frames = 0;
  #request: ClientRequest | undefined;
  #silence: Timer | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#silence?.cancel();
    this.#retry?.cancel();
    this.#request?.destroy();
  }

  #ask(): void {
    const { service, token } = this.#options;
    const known = this.#options.seeds();
    const seed = known[this.#asked++ % known.length];
    if (seed === undefined) return;
    this.trouble ??= { controller: seed, cause: new Error("it has not answered yet") };
    const url = new URL(`/v1/workers?watch=1&service=${encodeURIComponent(service)}`, seed);
    const secure = url.protocol === "https:";
    const send = secure ? requestSecurely : requestInClear;
    const ca = secure ? this.#options.authority() : undefined;
    const headers = {
      accept: "application/x-ndjson",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const outgoing = send(url, { headers, agent: false, ...(ca === undefined ? {} : { ca }) });
    this.#request = outgoing;
    let over = false;
    const leave = (cause: Error): void => {
      if (over) return;
      over = true;
      outgoing.destroy();
      this.#left({ controller: seed, cause });
    };
    outgoing.on("socket", (socket) => socket.unref());
    outgoing.on("response", (answer) => {
      const { statusCode, headers } = answer;
      if (statusCode === 200) this.#read(answer, leave);
      else leave(new Error(`it answered ${statusCode} ${String(headers["x-skein-reason"] ?? "")}`));
    });
    outgoing.on("error", leave);
    outgoing.on("close", () => leave(new Error("the stream ended")));
    this.#listenForSilence(leave);
    outgoing.end();
  }

  #read(answer: IncomingMessage, leave: (cause: Error) => void): void {
    const lines = new JsonLines();
    answer.on("data", (chunk: Buffer) => {
      this.#frames += 1;
      try {
        for (const frame of lines.push(chunk)) this.#options.take(frame as WorkersFrame);
        this.#attempt = 0;
        this.trouble = undefined;
      } catch (error) {
        leave(error instanceof Error ? error : new Error(String(error)));
      }
    });
    answer.on("error", leave);
    answer.on("end", () => leave(new Error("the stream ended")));
  }

  #listenForSilence(leave: (cause: Error) => void): void {
    const { clock } = this.#options;
    const heard = this.#frames;
    this.#silence?.cancel();
    this.#silence = clock.after(silenceMs, () =>
      clock.afterPendingInput(() => {
        if (this.#closed) return;
        if (heard === this.#frames) leave(new Error(`silent for ${silenceMs} ms`));
        else this.#listenForSilence(leave);
      }),
    );
  }

  #left(trouble: DiscoveryTrouble): void {
    this.trouble = trouble;
    this.#silence?.cancel();
    if (this.#closed) return;
    const { clock, random } = this.#options;
    this.#retry = clock.after(retryDelayMs(this.#attempt++, random()), () => this.#ask());
  }
}
