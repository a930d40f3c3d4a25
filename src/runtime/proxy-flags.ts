/**
 * Node's flags for proxies; what the operator gave to the supervisor comes after them and so counts more.
 *
 * `--max-semi-space-size=4`: the young generation has at most 4 MB instead of 16. While a table of 10,000 workers is
 * taken in nearly everything young survives, and one collection stopped the proxy for up to 11 ms, now for up to 5;
 * 10,000 idle connections take 41 MB instead of 51. What requests leave behind dies young in either case: their
 * cost is the same. Nothing is won (0 to 2 % lost in two starts) by 1 or 2 MB, `--single-threaded-gc` or `--no-parallel-scavenge`.
 *
 * `--max-inlined-bytecode-size` (460 without) and `-cumulative` (920): the way of a request is many small functions, more than
 * the compiler would put into one another. A request costs 2 to 4 % less (median of eleven starts; in two of them nothing).
 */
export const proxyFlags: readonly string[] = [
  "--max-semi-space-size=4",
  "--max-inlined-bytecode-size=1000",
  "--max-inlined-bytecode-size-cumulative=3000",
];

/** What a proxy that starts a supervisor passes on: what is its own, and does another process no good, is not the operator's. */
export function withoutProxyFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) => !proxyFlags.includes(flag));
}
