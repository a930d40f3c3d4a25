import { demoHeader } from "../../../src/protocol/demo.ts";
import { liveSilenceMs } from "../../../src/protocol/live/looks.ts";
import { refusalIn } from "./write.ts";
import { StreamParser, type StreamWord } from "../live/sse.ts";

/**
 *   connecting --word--> live --end, silence--> waiting (and tries again) --word--> live
 *   connecting, waiting --401--> refused --a token is given--> connecting
 *   any --stop--> asleep --restart--> connecting
 */
export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "waiting"; why: string }
  | { kind: "refused" }
  /** Nobody looks, so nothing is read. */
  | { kind: "asleep" };

export interface ConnectionPorts {
  url(): string;
  token(): string | undefined;
  state(state: ConnectionState): void;
  words(words: StreamWord[]): void;
  /** Something came, if only a comment: the controller lives. */
  heard(): void;
  /** Who answers can break things on demand. */
  demo(there: boolean): void;
}

const pauseMs = 250;
const pauseMsMax = 2_000;

/**
 * The live stream, again and again: whichever controller answers at the address will do. With fetch, not with EventSource,
 * which cannot carry a token except in the address.
 */
export class Connection {
  readonly #ports: ConnectionPorts;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
  }

  /** At first, and when the token changed. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#failures = 0;
    this.#ports.state({ kind: "connecting" });
    void this.#run();
  }

  /** Until `restart`. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#ports.state({ kind: "asleep" });
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    let why = "the stream ended";
    try {
      if ((await this.#read(abort)) === "refused") return this.#ports.state({ kind: "refused" });
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    if (this.#abort !== abort) return;
    this.#ports.state({ kind: "waiting", why });
    // The first try at once-ish: another controller answers already.
    const pause = Math.min(pauseMsMax, pauseMs * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#run(), pause);
  }

  async #read(abort: AbortController): Promise<"refused" | "ended"> {
    const lost = (): void => abort.abort(new Error(`nothing came for ${liveSilenceMs / 1_000} s`));
    let silence = setTimeout(lost, liveSilenceMs);
    try {
      const token = this.#ports.token();
      const response = await fetch(this.#ports.url(), {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: abort.signal,
        cache: "no-store",
      });
      if (response.status === 401) return "refused";
      if (!response.ok || response.body === null) throw new Error(await refusalIn(response));
      this.#ports.demo(response.headers.has(demoHeader));
      const parser = new StreamParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        clearTimeout(silence);
        silence = setTimeout(lost, liveSilenceMs);
        this.#ports.heard();
        const words = parser.push(value);
        if (words.length === 0) continue;
        this.#failures = 0;
        this.#ports.state({ kind: "live" });
        this.#ports.words(words);
      }
    } finally {
      clearTimeout(silence);
    }
  }
}
