import type { LiveProxy } from "../live.ts";

/** The proxies' counters, as they were known at a moment of the reader's clock. */
export interface Look {
  at: number;
  proxies: ReadonlyMap<string, LiveProxy>;
}

/** Without a word for so long a stream is lost: a controller says one in every second. */
export const liveSilenceMs = 3_500;
/** Without a word for so long nobody can say what goes on now. */
export const quietMs = 2_000;
/** A look at counters that nobody told anew would find that nothing was done. */
const staleMs = 1_500;

/** Proxies report once in a second: rates are taken over two, so that the reports of all are in. */
export const lookSpanMs = 2_000;
const looksKept = 6;

/** With one more look, unless what it sees is not of now. `heardAt`: when the last word came. None: nothing is known of now. */
export function withLook(looks: readonly Look[], look: Look, heardAt: number): readonly Look[] {
  if (look.at - heardAt >= quietMs) return [];
  if (look.at - heardAt > staleMs) return looks;
  return [...looks.slice(1 - looksKept), look];
}

/** The two looks between which rates are taken. Undefined: they are not known. */
export function spanOf(looks: readonly Look[]): { before: Look; after: Look } | undefined {
  const after = looks.at(-1);
  // A timer is some milliseconds late or early: with the two seconds alone every other span would be of one.
  const before = looks.find(({ at }) => after !== undefined && after.at - at < lookSpanMs + 500);
  if (after === undefined || before === undefined) return undefined;
  // Over less a report too many or too few would be half of the rate.
  return after.at - before.at < lookSpanMs - 500 ? undefined : { before, after };
}
