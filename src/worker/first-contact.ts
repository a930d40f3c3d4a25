import type { WorkerFrame } from "../protocol/session.ts";
import type { Load } from "../protocol/heartbeat.ts";
import type { Connect } from "./connection.ts";
import type { Registration } from "./membership.ts";
import { ControllerSession, type SessionPorts, type WelcomeFrame } from "./session.ts";

export interface FirstContactPorts extends SessionPorts {
  load(): Load;
  /** The watch thread has begun to join by itself: two shall not ask for a generation. */
  tooLate(): boolean;
  welcomed(frame: WelcomeFrame): void;
  refused(code: string, detail: string): void;
  /** No welcome came, and none will. */
  failed(): void;
  draining(): void;
}

/**
 * One session from the main thread, for the moment in which the watch thread still starts: a worker is in the cluster
 * some milliseconds after `join`, not after the start of a thread. The watch thread then opens its own sessions,
 * under the same instance and generation; each replaces this one at its controller, and this one ends.
 *
 *   asking --welcome--> holding --the thread holds that controller--> ended
 *      '--lost, refused, too late--> ended
 */
export class FirstContact {
  readonly #session: ControllerSession;
  readonly #ports: FirstContactPorts;
  #ended = false;

  constructor(url: string, registration: Registration, ports: FirstContactPorts) {
    this.#ports = ports;
    const { clock, random } = ports;
    const connect: Connect = (target, events) => {
      const connection = ports.connect(target, {
        ...events,
        opened: () => {
          if (ports.tooLate()) connection.destroy();
          else events.opened();
        },
      });
      return connection;
    };
    const hello: WorkerFrame = { t: "hello", v: 1, ...registration };
    this.#session = new ControllerSession(
      url,
      0,
      0,
      { clock, random, connect },
      {
        hello: () => hello,
        triesAll: () => false,
        mayBeBack: () => true,
        load: () => ports.load(),
        welcomed: (_session, frame) => ports.welcomed(frame),
        told: (_session, frame) => {
          if (frame.t === "draining") ports.draining();
        },
        lost: () => this.#lost(),
        silent: (_controller, connection) => connection.destroy(),
        saidByAll: () => true,
        turnedAway: () => undefined,
        refused: (_session, code, detail) => {
          this.#ended = true;
          ports.refused(code, detail);
        },
      },
    );
  }

  get holding(): boolean {
    return !this.#ended && this.#session.joined;
  }

  /** The watch thread was welcomed by `controller`. */
  handOver(controller: string): void {
    if (this.#session.controller === controller) this.end();
  }

  drain(): void {
    this.#session.send({ t: "drain" });
  }

  leave(): void {
    this.#session.send({ t: "leave" });
    this.end();
  }

  end(): void {
    this.#ended = true;
    this.#session.end();
  }

  #lost(): void {
    if (this.#ended) return;
    this.end();
    this.#ports.draining();
    this.#ports.failed();
  }
}
