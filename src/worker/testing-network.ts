import type { ControllerFrame, WorkerFrame } from "../protocol/session.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Connect, ConnectionEvents } from "./connection.ts";

/** One connection as the other side of it sees it. */
export interface TestingConnection {
  url: string;
  received: WorkerFrame[];
  pings: number;
  open: boolean;
  /** A stopped controller takes everything and shows no sign of life. */
  stopped: boolean;
  /** Ended by the worker: in order or at once. */
  ended: "closed" | "destroyed" | undefined;
  say(frame: ControllerFrame): void;
  lose(reason?: string): void;
}

/** Controllers in memory: who listens at which address, and every connection ever made. */
export class TestingNetwork {
  readonly made: TestingConnection[] = [];
  /** What an address does with a connection: `accept` opens it, `refuse` ends it, `hang` does nothing. */
  readonly manners = new Map<string, "accept" | "refuse" | "hang">();
  /** Called with each frame of a worker. */
  answer: (connection: TestingConnection, frame: WorkerFrame) => void = () => undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The open connections to `url`. */
  open(url: string): TestingConnection[] {
    return this.made.filter((connection) => connection.url === url && connection.open);
  }

  readonly connect: Connect = (url, events) => {
    const connection = this.#newConnection(url, events);
    this.made.push(connection);
    const manner = this.manners.get(url) ?? "refuse";
    this.#clock.after(1, () => {
      if (connection.ended !== undefined || manner === "hang") return;
      if (manner === "refuse") {
        events.closed("ECONNREFUSED");
        return;
      }
      connection.open = true;
      events.opened();
    });
    const end = (how: "closed" | "destroyed") => (): void => {
      if (connection.ended !== undefined) return;
      connection.ended = how;
      connection.open = false;
      this.#clock.after(0, () => events.closed("ended here"));
    };
    return {
      send: (text) => {
        if (!connection.open) return;
        const frame = JSON.parse(text) as WorkerFrame;
        connection.received.push(frame);
        this.#clock.after(0, () => this.answer(connection, frame));
      },
      ping: () => {
        connection.pings += 1;
        if (!connection.stopped) this.#clock.after(1, () => events.alive());
      },
      close: end("closed"),
      destroy: end("destroyed"),
      bufferedBytes: () => 0,
    };
  };

  #newConnection(url: string, events: ConnectionEvents): TestingConnection {
    const connection: TestingConnection = {
      url,
      received: [],
      pings: 0,
      open: false,
      stopped: false,
      ended: undefined,
      say: (frame) => {
        if (connection.open) events.received(JSON.stringify(frame));
      },
      lose: (reason = "closed by the controller") => {
        if (!connection.open) return;
        connection.open = false;
        events.closed(reason);
      },
    };
    return connection;
  }
}

/** A welcome with everything filled in. */
export function welcomeFrame(about: Partial<Extract<ControllerFrame, { t: "welcome" }>>): ControllerFrame {
  return {
    t: "welcome",
    v: 1,
    controller: "a",
    term: 1,
    generation: 1,
    heartbeatEveryMs: 1000,
    ttlMs: 3000,
    desired: "serve",
    controllers: [],
    ...about,
  };
}
