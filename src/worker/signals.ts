/**
 * SIGTERM, for every worker of this process together: each ends politely; then the process exits if nobody else
 * handles the signal. The user's own handlers run as if we were not there.
 *
 * State of the module, because the signal is one of the process.
 */
const ends = new Set<() => Promise<void>>();
let ending = false;

/** Runs `end` on SIGTERM. Returns how to take that back. */
export function onSigterm(end: () => Promise<void>): () => void {
  // First in the row: a handler added by `once` is removed before it runs, and would not be counted after it.
  if (ends.size === 0) process.prependListener("SIGTERM", handle);
  ends.add(end);
  return () => {
    if (!ends.delete(end) || ends.size > 0 || ending) return;
    process.removeListener("SIGTERM", handle);
  };
}

function handle(): void {
  const alone = process.listenerCount("SIGTERM") === 1;
  if (ending) {
    // Asked twice: the one who asks does not want to wait.
    if (alone) process.exit(143);
    return;
  }
  ending = true;
  void Promise.allSettled([...ends].map(async (end) => end())).then(() => {
    if (alone) process.exit(0);
    // The next SIGTERM has its default effect again, unless another handler stands.
    process.removeListener("SIGTERM", handle);
    ends.clear();
    ending = false;
  });
}
