import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import type { MembershipNews } from "./membership.ts";

// joining --welcome--> joined <--> unreachable
//    '---------.----------'------------'
//              |--drain--> draining --leave--> left
//              '--refused for good--> refused
export type WorkerState = "joining" | "joined" | "unreachable" | "draining" | "refused" | "left";

export interface WorkerEvents {
  state: [state: WorkerState];
  /** Operators want this worker drained, or to serve again. The gateway does it; nothing needs to be done here. */
  desired: [desired: "serve" | "drain"];
}

/** What a joined worker can be asked to do; given by `join`. */
export interface WorkerActions {
  drain(): Promise<void>;
  leave(): Promise<void>;
}

/**
 * A server's membership in the cluster. Events: `state`, `desired`.
 */
export class JoinedWorker extends EventEmitter<WorkerEvents> {
  readonly server: Server;
  readonly service: string;
  #id: string;
  #state: WorkerState = "joining";
  #desired: "serve" | "drain" = "serve";
  #sessions = 0;
  readonly #actions: WorkerActions;

  constructor(server: Server, service: string, id: string, actions: WorkerActions) {
    super();
    this.server = server;
    this.service = service;
    this.#id = id;
    this.#actions = actions;
  }

  /** Known once the server listens. */
  get id(): string {
    return this.#id;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** How many controllers hold a session with this worker. */
  get sessions(): number {
    return this.#sessions;
  }

  /** What the operators want of this worker. */
  get desired(): "serve" | "drain" {
    return this.#desired;
  }

  /**
   * Stop being chosen; resolves when the requests in flight are answered, or after `drainMs`. The server goes on
   * listening, and the worker stays known as draining.
   */
  async drain(): Promise<void> {
    await this.#actions.drain();
  }

  /** Drain, then leave the cluster. The server goes on listening. */
  async leave(): Promise<void> {
    await this.#actions.leave();
  }

  /** @internal */
  named(id: string): void {
    this.#id = id;
  }

  /** @internal */
  become(state: WorkerState): void {
    if (state === this.#state || this.#state === "left") return;
    if (this.#state === "draining" && state !== "left") return;
    this.#state = state;
    this.emit("state", state);
  }

  /** @internal */
  learn(news: MembershipNews): void {
    switch (news.t) {
      case "welcomed":
        this.become("joined");
        break;
      case "sessions":
        this.#sessions = news.open;
        break;
      case "unreachable":
        this.become("unreachable");
        break;
      case "refused":
        if (this.#sessions === 0) this.become("refused");
        break;
      case "desired":
        this.#desired = news.desired;
        this.emit("desired", news.desired);
        break;
      case "left":
        this.become("left");
        break;
      case "drained":
      case "turned-away":
        break;
    }
  }
}
