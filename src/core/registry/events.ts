import { requestsAt } from "./sealed.ts";
import type { Cause, Gate, Registration, Worker } from "./worker.ts";

/** What can happen to a worker, as one controller learns it. */
export type WorkerEvent =
  /** A session with this controller opened (again); the claim was accepted. */
  | { readonly kind: "session-opened"; readonly registration: Registration }
  /** A beat, pong or any other frame of its session with this controller. */
  | { readonly kind: "beat" }
  /** A plain heartbeat, to this controller or passed on by a peer; the claim was accepted. */
  | { readonly kind: "heartbeat"; readonly registration: Registration }
  | { readonly kind: "blocked" }
  | { readonly kind: "unblocked" }
  | { readonly kind: "session-lost" }
  /** A peer's session with it opened, was lost, or changed. */
  | {
      readonly kind: "peer-session";
      readonly peer: string;
      readonly held: boolean;
      readonly blocked: boolean;
      readonly registration: Registration;
      /** A peer of another gateway: that it can be reached from there proves nothing of the way from here. */
      readonly elsewhere?: true;
    }
  /** The peer itself is out of reach: nothing is known any more of what it held. */
  | { readonly kind: "peer-gone"; readonly peer: string }
  /** The configuration says anew how it is checked. */
  | { readonly kind: "gate"; readonly gate: Gate }
  /** The gate's check: the first one, and those that go on while there is no session. */
  | { readonly kind: "check-passed"; readonly answered: boolean }
  | { readonly kind: "check-failed"; readonly refused: boolean }
  | { readonly kind: "probe-connected" }
  | { readonly kind: "probe-answered" }
  | { readonly kind: "probe-refused" }
  | { readonly kind: "probe-silent" }
  | { readonly kind: "evidence"; readonly evidence: EvidenceKind }
  | {
      readonly kind: "drain";
      readonly by: "operator" | "worker";
      readonly on: boolean;
      /** A peer told it: the others heard it from there. */
      readonly byPeer?: true;
    }
  | { readonly kind: "leave"; readonly byPeer?: true }
  /** `tickDueAt` is reached. */
  | { readonly kind: "tick" };

export type EvidenceKind =
  | "refused"
  | "reset"
  | "connect-timeout"
  | "stalled"
  | "silent"
  | "failing"
  | "answered";

/** What is to be done about it, by the shell. */
export type Effect =
  | { readonly kind: "event"; readonly event: AnnouncedKind; readonly message: string }
  /** At most one probe per worker is outstanding: a sooner one replaces a later one. */
  | { readonly kind: "probe"; readonly how: "connect" | "answer"; readonly afterMs: number }
  /** Ask over its session whether its process runs; no answer is the stall. */
  | { readonly kind: "ping" }
  | { readonly kind: "tell"; readonly what: "held" | "not-held" | "left" | "draining" }
  /** Silence took it out, or would have: the fleet's count (fleet.ts). */
  | { readonly kind: "evicted" }
  | { readonly kind: "denied" }
  | { readonly kind: "forget" };

export type AnnouncedKind =
  | "worker-live"
  | "worker-suspect"
  | "worker-held"
  | "worker-draining"
  | "worker-undrained"
  | "worker-left"
  | "worker-dead";

const reasons: Record<Cause, string> = {
  "session-lost": "every controller lost its session with it",
  "lease-expired": "it was silent for a whole lease",
  refused: "connections to it are refused",
  reset: "its connections are reset",
  stalled: "requests wait and no byte comes",
  blocked: "its event loop is stuck",
  "check-failed": "its health check fails",
  failing: "too many of its answers fail",
  "not-checked": "its first check has not passed yet",
  held: "it came and went too often; held out for a while",
};

/** Those that tell of the way to it. */
const ofTheWay: ReadonlySet<Cause> = new Set(["refused", "reset", "stalled", "check-failed", "not-checked"]);

/** `at`: where requests go, where that is the port of its link. */
export function reasonOf(cause: Cause, at: string | undefined): string {
  const reason = reasons[cause];
  return at === undefined || !ofTheWay.has(cause) ? reason : `${reason}, at ${at}, the port of its link`;
}

/** A sentence for people about the state that the worker has now. */
export function messageOf(worker: Worker, ownTls: boolean): string {
  const { service, id, address } = worker.registration;
  const name = `${service}/${id} (${address})`;
  const { state } = worker;
  switch (state.kind) {
    case "live":
      return `${name} is live`;
    case "suspect":
      return `${name} is out: ${reasonOf(state.cause, requestsAt(worker.registration, ownTls))}`;
    case "draining":
      return `${name} is draining, asked by ${worker.drain.worker ? "itself" : "an operator"}`;
    case "left":
      return `${name} has left`;
    case "dead":
      return `${name} is dead`;
  }
}
