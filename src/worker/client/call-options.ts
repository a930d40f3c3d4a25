import { SkeinError } from "../../protocol/error.ts";
import { checkOptions, type OptionNames } from "../known-options.ts";
import type { BodyGiven } from "./request-body.ts";

/** As of `fetch`, where the names are the same. */
export interface CallOptions {
  method?: string | undefined;
  /** Those of another request may be passed on as they are. A Host among them counts only where the client has no `host`. */
  headers?: RequestInit["headers"] | undefined;
  body?: BodyGiven | undefined;
  /** The global `fetch` wants it with a stream; here it changes nothing. */
  duplex?: "half" | undefined;
  signal?: AbortSignal | null | undefined;
  /** For this call instead of the client's. */
  timeoutMs?: number | undefined;
  /** Wall time (or milliseconds since 1970) at which the whole exchange ends, the body of the answer included. */
  deadline?: Date | number | undefined;
  /** The request may be repeated whatever its method, for instance because it bears an idempotency key. */
  idempotent?: boolean | undefined;
  /**
   * Made while a request is at hand, a call ends with it: it takes over what is left of its time, its `signal`, its id
   * and its trace. `false`: it stands for itself, as what goes on after the answer. Default `true`.
   */
  inherit?: boolean | undefined;
}

const ofCalls: OptionNames<CallOptions> = {
  method: true,
  headers: true,
  body: true,
  duplex: true,
  signal: true,
  timeoutMs: true,
  deadline: true,
  idempotent: true,
  inherit: true,
};

/** Of the global `fetch`: they ask for nothing that this client could do, or for what it does anyway. */
const withoutMeaning = {
  credentials: true,
  keepalive: true,
  mode: true,
  priority: true,
  redirect: true,
} as const;

const known = { ...ofCalls, ...withoutMeaning };

/** Throws on what would be ignored to its caller's surprise. */
export function checkCall(options: CallOptions & { redirect?: unknown }): void {
  checkOptions("fetch", options, known);
  // Another Request may be given for options, and has a default of its own.
  if (!Object.hasOwn(options, "redirect") || options.redirect === "manual") return;
  throw new SkeinError(
    "invalid",
    "fetch: redirect must be 'manual' or left out, for no redirect is followed",
  );
}
