import type { LiveProxy } from "../live.ts";
import { silentBetween } from "./reported-span.ts";

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
/** Who has reported nothing for so long is left out of the rates: what the others do is asked for just then. */
const awaitedMs = 5_000;
const looksKept = 7;

/** Between two looks rates are taken. */
export interface LookSpan {
  before: Look;
  /** Without who is left out. */
  after: Look;
  /** The proxies that reported nothing between them, left out or not: they serve, or may. */
  silent: readonly string[];
}

/** With one more look, unless what it sees is not of now. `heardAt`: when the last word came. None: nothing is known of now. */
export function withLook(looks: readonly Look[], look: Look, heardAt: number): readonly Look[] {
  if (look.at - heardAt >= quietMs) return [];
  if (look.at - heardAt > staleMs) return looks;
  return [...looks.slice(1 - looksKept), look];
}

/** Undefined: rates are not known. */
export function spanOf(looks: readonly Look[]): LookSpan | undefined {
  const after = looks.at(-1);
  // A timer is some milliseconds late or early: with the two seconds alone every other span would be of one.
  const before = looks.find(({ at }) => after !== undefined && after.at - at < lookSpanMs + 500);
  if (after === undefined || before === undefined) return undefined;
  // Over less a report too many or too few would be half of the rate.
  if (after.at - before.at < lookSpanMs - 500) return undefined;
  const silent = silentBetween(before.proxies, after.proxies);
  return { before, after: withoutLeftOut(looks, after), silent };
}

/** Where nobody else reports, nobody is left out: their sum would say that nothing is done. */
function withoutLeftOut(looks: readonly Look[], after: Look): Look {
  const earlier = looks.findLast(({ at }) => after.at - at >= awaitedMs);
  if (earlier === undefined) return after;
  const leftOut = silentBetween(earlier.proxies, after.proxies);
  const proxies = new Map([...after.proxies].filter(([name]) => !leftOut.includes(name)));
  return proxies.size === 0 ? after : { ...after, proxies };
}

/** Empty: all report. */
export function silenceText(span: LookSpan | undefined): string {
  if (span === undefined || span.silent.length === 0) return "";
  const { silent, after } = span;
  const [report, them] = silent.length === 1 ? ["does not report", "it"] : ["do not report", "them"];
  const rates = silent.some((proxy) => after.proxies.has(proxy)) ? "not known" : `without ${them}`;
  const [first = "", second] = silent;
  const names =
    silent.length > 2
      ? `${first} and ${silent.length - 1} others`
      : [first, second].filter(Boolean).join(", ");
  return `${names} ${report}: rates are ${rates}`;
}
