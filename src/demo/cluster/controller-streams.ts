import { readdirSync } from "node:fs";
import { type ClientRequest, type RequestOptions, request } from "node:http";
import { basename, join } from "node:path";
import { type Clock, systemClock, type Timer } from "../../runtime/clock.ts";
import type { Places } from "../../runtime/places.ts";

const lookEveryMs = 50;

export interface Asked {
  path: string;
  accept?: string;
}

/** Who hears the streams. */
export interface StreamListener {
  /** A stream to this controller begins, anew when the one before has ended. */
  begins(controller: string): void;
  line(controller: string, line: string): void;
  ends(controller: string): void;
}

/**
 * Asks every controller of a host, over its unix socket as the proxies do, for a stream of lines, and a new one as soon as there
 * is one.
 */
export class ControllerStreams {
  readonly #places: Places;
  readonly #asked: Asked;
  readonly #listener: StreamListener;
  readonly #requests = new Map<string, ClientRequest>();
  readonly #timer: Timer;

  constructor(places: Places, asked: Asked, listener: StreamListener, clock: Clock = systemClock) {
    this.#places = places;
    this.#asked = asked;
    this.#listener = listener;
    this.#attachNew();
    this.#timer = clock.every(lookEveryMs, () => this.#attachNew());
  }

  close(): void {
    this.#timer.cancel();
    for (const stream of this.#requests.values()) stream.destroy();
    this.#requests.clear();
  }

  #attachNew(): void {
    for (const name of controllerSockets(this.#places.run)) {
      if (!this.#requests.has(name)) this.#attach(name);
    }
  }

  #attach(name: string): void {
    const call = request(this.#optionsFor(name));
    this.#requests.set(name, call);
    this.#listener.begins(name);
    const detach = (): void => {
      if (this.#requests.get(name) !== call) return;
      this.#requests.delete(name);
      this.#listener.ends(name);
    };
    call.on("error", detach);
    call.on("response", (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (piece: string) => {
        text += piece;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) this.#listener.line(name, line);
      });
      response.on("error", detach);
      response.on("close", detach);
    });
    call.end();
  }

  #optionsFor(name: string): RequestOptions {
    const { path, accept } = this.#asked;
    return {
      socketPath: this.#places.controllerSocket(name),
      path,
      headers: { host: "localhost", ...(accept === undefined ? {} : { accept }) },
      agent: false,
    };
  }
}

/** Names of the controllers that have a socket in `run`. */
export function controllerSockets(run: string): string[] {
  try {
    return readdirSync(run)
      .filter((file) => /^controller-.*\.sock$/.test(file))
      .map((file) => basename(join(run, file), ".sock"));
  } catch {
    return [];
  }
}
