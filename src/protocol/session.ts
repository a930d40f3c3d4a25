import type { Heartbeat, Load } from "./heartbeat.ts";

/**
 * Frames of a session: WebSocket text messages of JSON on `GET /v1/session`. The worker speaks first (`hello`).
 * A session authenticates once, at its opening; then `seq` counts (from 1, in each session anew).
 *
 * A second session of the same (service, id, instance) at one controller replaces the first: the worker opened it
 * before it closes the other, and the end of a replaced session is no loss. A worker that leaves says `leave`;
 * every other end of a session is a loss.
 */
export type WorkerFrame =
  /** With `generation`, `begunAtMs` and `proof` as they were told last; without in the first hello of a life. */
  | ({ t: "hello"; v: 1; id: string; instance: string; begunAtMs?: number; proof?: string } & Omit<
      Heartbeat,
      "id" | "load"
    >)
  /** In place of `hello`, by who only looks for controllers: answered with `controllers`, and the connection ends. */
  | { t: "ask" }
  /** Renews the lease. `seq` grows strictly. */
  | { t: "beat"; seq: number; load: Load }
  /** The main thread's event loop is stuck for `ageMs`; repeated while it is. */
  | { t: "blocked"; seq: number; ageMs: number }
  /** The main thread runs again. */
  | { t: "unblocked"; seq: number }
  /** Got SIGTERM (or `leave()`): choose me no more. The controller answers `draining` when that is in its table. */
  | { t: "drain" }
  /** Nothing in flight any more, going. */
  | { t: "leave" }
  | { t: "pong"; n: number };

export type ControllerFrame =
  | {
      t: "welcome";
      v: 1;
      controller: string;
      /**
       * The address of its own of the controller that answers (one of `controllers`): after a join by the shared door
       * the worker knows by it whom it already has. Without it the worker finds out by `controller`.
       */
      url?: string;
      term: number;
      /** May be higher than the hello's: this controller knew more of the past than who gave that one. */
      generation: number;
      /** When a controller first welcomed this life: a mark that orders lives, for the worker to repeat. */
      begunAtMs?: number;
      /** Where the worker's join token ends: by it controllers that do not know this life will let it in all the same. */
      proof?: string;
      heartbeatEveryMs: number;
      ttlMs: number;
      desired: "serve" | "drain";
      /** Addresses of every controller: a session goes to each (up to three). */
      controllers: string[];
      /**
       * In a crowd: the sessions with the others begin within this time, each at a random moment of its second half. One
       * session with any of them makes a worker known to all; so who has none yet comes first. Unset: at once.
       */
      othersWithinMs?: number;
    }
  /** What the operators want. A frame of an older term than one already seen is ignored. */
  | { t: "desired"; term: number; desired: "serve" | "drain" }
  | { t: "controllers"; controllers: string[] }
  | { t: "pace"; heartbeatEveryMs: number; ttlMs: number }
  /** In place of the one before, which will be good no longer. */
  | { t: "proof"; proof: string }
  /** Every proxy stream of this controller has been sent a table without this worker. */
  | { t: "draining" }
  /** Answered at once by the watch thread: it proves that the process runs. */
  | { t: "ping"; n: number }
  /** Refused; `final`: do not try again with the same hello. */
  | { t: "refused"; code: string; detail: string; final: boolean; retryAfterMs: number };
