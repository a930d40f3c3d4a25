import { SkeinError } from "../../protocol/error.ts";

/** What kept a call from being done, as far as it decides what to do next. */
export type FailureKind =
  /** The request did not leave this process. */
  | "unreachable"
  /** It was sent, and no whole answer came in time. */
  | "silent"
  /** It was sent, and the connection ended. */
  | "cut"
  /** The member cannot do it now: it has no leader, or too much to do. */
  | "busy"
  /** The member says that it does not know whether it was done. */
  | "doubtful"
  /** The token is not known any more. */
  | "token"
  /** The lease is over. */
  | "lease-over"
  /** The revision that was asked for is gone. */
  | "compacted"
  /** etcd says no, and every member would. */
  | "refused"
  /** Whatever answers there, it is no etcd. */
  | "strange";

interface Meaning {
  /** Whether the call may have had, or may still have, an effect. */
  outcome: "not-done" | "unknown";
  /** Another member may do better. */
  elsewhere: boolean;
}

const meanings: Record<FailureKind, Meaning> = {
  unreachable: { outcome: "not-done", elsewhere: true },
  silent: { outcome: "unknown", elsewhere: true },
  cut: { outcome: "unknown", elsewhere: true },
  busy: { outcome: "not-done", elsewhere: true },
  doubtful: { outcome: "unknown", elsewhere: true },
  token: { outcome: "not-done", elsewhere: false },
  "lease-over": { outcome: "not-done", elsewhere: false },
  compacted: { outcome: "not-done", elsewhere: false },
  refused: { outcome: "not-done", elsewhere: false },
  strange: { outcome: "unknown", elsewhere: true },
};

/** A call of etcd that was not done, or perhaps was. */
export class EtcdFailure extends SkeinError {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, endpoint: string, what: string, options?: { cause?: unknown }) {
    super("storeFailed", `etcd at ${endpoint}: ${what}`, options);
    this.name = "EtcdFailure";
    this.kind = kind;
  }

  get outcome(): Meaning["outcome"] {
    return meanings[this.kind].outcome;
  }

  get elsewhere(): boolean {
    return meanings[this.kind].elsewhere;
  }
}

/** What etcd said instead of doing it. */
export interface Refusal {
  /** Of gRPC. Undefined: none was told. */
  code: number | undefined;
  message: string;
}

// Codes of gRPC (grpc.io/docs/guides/status-codes).
const codes = {
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unauthenticated: 16,
  unavailable: 14,
};
const final = new Set([3, codes.notFound, 6, codes.permissionDenied, 9, 11, 12]);

/** The text of the body that the gateway sends with a status other than 200, or as a line of a stream. */
export function refusalOf(body: string): Refusal | undefined {
  try {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    const { error } = parsed;
    const inner = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : parsed;
    const code = inner["grpc_code"] ?? inner["code"];
    const message = inner["message"] ?? inner["error"];
    if (typeof message !== "string") return undefined;
    return { code: typeof code === "number" ? code : undefined, message };
  } catch {
    return undefined;
  }
}

/** The kinds by etcd's own words: its codes alone do not tell what has happened. */
export function kindOf({ code, message }: Refusal): FailureKind {
  if (code === codes.unauthenticated || message.includes("revision of auth store is old")) return "token";
  if (message.includes("lease not found")) return "lease-over";
  if (message.includes("has been compacted")) return "compacted";
  if (code === codes.unavailable) return isBusy(message) ? "busy" : "doubtful";
  if (code === codes.resourceExhausted) return message.includes("too many requests") ? "busy" : "refused";
  return code !== undefined && final.has(code) ? "refused" : "doubtful";
}

/** Said before anything was proposed to the cluster. */
function isBusy(message: string): boolean {
  return message === "etcdserver: no leader" || message.includes("not supported for learner");
}

/** For people: what to do about an answer of etcd. */
export function adviceOn({ code, message }: Refusal): string {
  const advice: [words: string, what: string][] = [
    ["user name is empty", "it wants a user: write etcd://USER@... and passwordFile"],
    ["authentication failed", "user or password are wrong"],
    ["authentication is not enabled", "it knows no users: leave the user out"],
    ["database space exceeded", "its quota is used up: compact, defragment and disarm its alarm"],
    ["CN auth", "its gateway knows no users by certificate: give a user and a password"],
  ];
  const found = advice.find(([words]) => message.includes(words))?.[1];
  if (found !== undefined) return `${message} (${found})`;
  return code === codes.permissionDenied
    ? `${message} (the user needs read and write of the prefix)`
    : message;
}
