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

/**
 *   asking --first frame--> listening --(silent, ended)--> asking the next
 *
 * Keeps one stream of a service's workers open, at whichever controller answers. Does not keep the process alive.
 */
export class Discovery {
  /** Why the last try ended, for people. */
  trouble = "no controller has answered yet";
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
    const leave = (why: string): void => {
      if (over) return;
      over = true;
      outgoing.destroy();
      this.#left(`${seed}: ${why}`);
    };
    outgoing.on("socket", (socket) => socket.unref());
    outgoing.on("response", (answer) => {
      if (answer.statusCode === 200) this.#read(answer, leave);
      else leave(`it answered ${answer.statusCode} ${String(answer.headers["x-skein-reason"] ?? "")}`);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => leave(error.code ?? error.message));
    outgoing.on("close", () => leave("the stream ended"));
    this.#listenForSilence(leave);
    outgoing.end();
  }

  #read(answer: IncomingMessage, leave: (why: string) => void): void {
    const lines = new JsonLines();
    answer.on("data", (chunk: Buffer) => {
      this.#frames += 1;
      try {
        for (const frame of lines.push(chunk)) this.#options.take(frame as WorkersFrame);
        this.#attempt = 0;
      } catch (error) {
        leave(String(error));
      }
    });
    answer.on("error", (error) => leave(error.message));
    answer.on("end", () => leave("the stream ended"));
  }

  #listenForSilence(leave: (why: string) => void): void {
    const { clock } = this.#options;
    const heard = this.#frames;
    this.#silence?.cancel();
    this.#silence = clock.after(silenceMs, () =>
      clock.afterPendingInput(() => {
        if (this.#closed) return;
        if (heard === this.#frames) leave(`silent for ${silenceMs} ms`);
        else this.#listenForSilence(leave);
      }),
    );
  }

  #left(why: string): void {
    this.trouble = why;
    this.#silence?.cancel();
    if (this.#closed) return;
    const { clock, random } = this.#options;
    this.#retry = clock.after(retryDelayMs(this.#attempt++, random()), () => this.#ask());
  }
}
