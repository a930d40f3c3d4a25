/** What the SDK tells people by `process.emitWarning` (stderr, or a listener for `warning`): `code` is stable. */
export type WarningCode =
  /** No controller can be reached. The service runs; it is tried again until one answers. */
  | "skein-no-controller"
  /** One answered after that: the alarm is over. */
  | "skein-joined"
  /** This worker is refused for good; or, where the text names a controller, by that one alone, which is asked again. */
  | "skein-refused"
  /** The watch thread failed and is started anew; until then the main thread holds the sessions. Once for a series of failures. */
  | "skein-thread-failed"
  /** The port that a link was to have is taken. Requests come to another one. */
  | "skein-link-port"
  /** The server that was given to `join`, or any at all under skein/auto, does not listen after a while. It joins as soon as it does. */
  | "skein-not-listening"
  /** After SIGTERM the process has left the cluster, and does not end: who else listens for the signal does not end it. */
  | "skein-still-runs"
  /** skein/auto could not join. */
  | "skein-not-joined";

export function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { type: "skein", code });
}
