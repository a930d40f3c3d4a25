/**
 * Is the main thread's event loop stuck? Decided from the stamp that it renews every `tickMs`, by a thread that looks
 * every `tickMs`.
 *
 *            age > blockedAfterMs                    repeated every repeatMs
 *   running ----------------------> blocked ---------------------------------> blocked
 *      ^---------- stamp renewed ------'
 *
 * Stalls under 300 ms are not told: a garbage collection cannot be told from work. Pauses of the whole process (a
 * stopped process, a suspended machine) are not the main thread's: the watching thread itself was late then, and
 * the age counts only from its own return.
 */
export const freezeLimits = { tickMs: 50, blockedAfterMs: 300, repeatMs: 250, ownPauseMs: 200 } as const;

export interface FreezeWatch {
  lookedAtMs: number;
  /** Since when this thread has been running without a pause of its own. */
  awakeSinceMs: number;
  blocked: { toldAtMs: number } | undefined;
}

export type FreezeNews = { kind: "none" } | { kind: "blocked"; ageMs: number } | { kind: "unblocked" };

export function startFreezeWatch(nowMs: number): FreezeWatch {
  return { lookedAtMs: nowMs, awakeSinceMs: nowMs, blocked: undefined };
}

/** One look at the main thread's last sign of life, `stampMs`, on the same clock as `nowMs`. */
export function look(
  watch: FreezeWatch,
  stampMs: number,
  nowMs: number,
): { watch: FreezeWatch; news: FreezeNews } {
  const paused = nowMs - watch.lookedAtMs > freezeLimits.ownPauseMs;
  const awakeSinceMs = paused ? nowMs : watch.awakeSinceMs;
  const seen = { lookedAtMs: nowMs, awakeSinceMs };
  const ageMs = nowMs - stampMs;
  if (watch.blocked !== undefined) {
    if (ageMs <= freezeLimits.blockedAfterMs) {
      return { watch: { ...seen, blocked: undefined }, news: { kind: "unblocked" } };
    }
    if (nowMs - watch.blocked.toldAtMs < freezeLimits.repeatMs) {
      return { watch: { ...seen, blocked: watch.blocked }, news: { kind: "none" } };
    }
    return { watch: { ...seen, blocked: { toldAtMs: nowMs } }, news: { kind: "blocked", ageMs } };
  }
  if (nowMs - Math.max(stampMs, awakeSinceMs) > freezeLimits.blockedAfterMs) {
    return { watch: { ...seen, blocked: { toldAtMs: nowMs } }, news: { kind: "blocked", ageMs } };
  }
  return { watch: { ...seen, blocked: undefined }, news: { kind: "none" } };
}
