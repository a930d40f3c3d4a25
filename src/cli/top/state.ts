import type { LiveDelta, LiveSnapshot } from "../../protocol/live.ts";
import { changed, type Cluster, clusterOf, type Worker } from "../../protocol/live/cluster.ts";
import { loadNow } from "../../protocol/live/load-now.ts";
import { type Look, silenceText, spanOf, withLook } from "../../protocol/live/looks.ts";
import { type Traffic, trafficBetween } from "../../protocol/live/traffic.ts";
import {
  rateOf,
  ratesUnknown,
  type WorkerRates,
  type WorkerTraffic,
  workerTrafficBetween,
} from "../../protocol/live/worker-traffic.ts";
import type { Key } from "./keys.ts";
import { questionOf } from "./question.ts";
import { pageRows, type Size } from "./size.ts";

/** Letter of the key, title of the column. */
export const sortings = { n: "name", s: "state", b: "busy", r: "rate", l: "p99", e: "errors" } as const;
export type Sorting = (typeof sortings)[keyof typeof sortings];

export interface Row {
  worker: Worker;
  traffic: WorkerTraffic | undefined;
}

/**
 *   browsing --d or u--> asking --y--> browsing (and the change is sent)
 *                          any other key --> browsing
 */
type Mode = { kind: "browsing" } | { kind: "asking"; on: boolean; service: string; id: string };

export interface TopState {
  stream: { kind: "connecting" } | { kind: "live" } | { kind: "lost"; why: string };
  cluster: Cluster | undefined;
  /** When the last word came, if it said only that the controller lives. */
  heardAt: number;
  looks: readonly Look[];
  /** One for each second, the newest last. Undefined: one of the proxies did not tell. */
  history: readonly (Traffic | undefined)[];
  rates: WorkerRates;
  sorting: Sorting;
  /** Key of a worker; it stays selected wherever it is sorted to. */
  selected: string | undefined;
  mode: Mode;
  message: string;
  over: boolean;
}

export type TopEvent =
  | { kind: "snapshot"; snapshot: LiveSnapshot; at: number }
  | { kind: "delta"; delta: LiveDelta; at: number }
  | { kind: "heard"; at: number }
  | { kind: "lost"; why: string }
  | { kind: "second"; at: number }
  /** `size`: of the terminal in which it was typed. */
  | { kind: "key"; key: Key; size: Size }
  | { kind: "told"; message: string };

/** A change that the operator has confirmed. */
export interface Drain {
  on: boolean;
  service: string;
  id: string;
}

export const newTop: TopState = {
  stream: { kind: "connecting" },
  cluster: undefined,
  heardAt: -Infinity,
  looks: [],
  history: [],
  rates: ratesUnknown,
  sorting: "name",
  selected: undefined,
  mode: { kind: "browsing" },
  message: "",
  over: false,
};

const secondsKept = 120;

export function step(state: TopState, event: TopEvent): { state: TopState; drain?: Drain } {
  switch (event.kind) {
    case "snapshot":
      return { state: begun(state, event.snapshot, event.at) };
    case "delta": {
      const cluster = state.cluster && changed(state.cluster, event.delta, event.at);
      return { state: { ...state, cluster, heardAt: event.at } };
    }
    case "heard":
      return { state: { ...state, heardAt: event.at } };
    case "lost":
      return { state: { ...withoutRates(state), stream: { kind: "lost", why: event.why } } };
    case "second":
      return { state: nextSecond(state, event.at) };
    case "told":
      return { state: { ...state, message: event.message } };
    case "key":
      return typed(state, event.key, event.size);
  }
}

/** What another controller counted, or this one before a gap, is no beginning for rates. */
function begun(state: TopState, snapshot: LiveSnapshot, at: number): TopState {
  const cluster = clusterOf(snapshot, at);
  return { ...withoutRates(state), stream: { kind: "live" }, cluster, heardAt: at };
}

function withoutRates(state: TopState): TopState {
  return { ...state, looks: [], rates: ratesUnknown };
}

function nextSecond(state: TopState, at: number): TopState {
  const proxies = state.cluster?.proxies;
  if (proxies === undefined || state.stream.kind !== "live") return state;
  const looks = withLook(state.looks, { at, proxies }, state.heardAt);
  if (looks === state.looks) return state;
  const span = spanOf(looks);
  if (span === undefined) return { ...withoutRates(state), looks };
  const { before, after } = span;
  const spanMs = after.at - before.at;
  const traffic = trafficBetween(before.proxies, after.proxies, spanMs);
  return {
    ...state,
    looks,
    history: [...state.history, traffic].slice(-secondsKept),
    rates: workerTrafficBetween(before.proxies, after.proxies, spanMs),
  };
}

/** Undefined: nobody tells. */
export function trafficNow({ history, looks }: TopState): Traffic | undefined {
  return spanOf(looks) === undefined ? undefined : history.at(-1);
}

/** Empty: all proxies report. */
export function silenceNow({ looks }: TopState): string {
  return silenceText(spanOf(looks));
}

function typed(state: TopState, key: Key, size: Size): { state: TopState; drain?: Drain } {
  if (key === "quit") return { state: { ...state, over: true } };
  if (state.mode.kind === "asking") {
    const { on, service, id } = state.mode;
    const back: TopState = { ...state, mode: { kind: "browsing" } };
    // Who cannot see the question has not answered it.
    if (key !== "y" || questionOf(state.mode, size) === undefined)
      return { state: { ...back, message: "nothing was changed" } };
    return { state: { ...back, message: `${service}/${id} ...` }, drain: { on, service, id } };
  }
  const sorting = Object.hasOwn(sortings, key) ? sortings[key as keyof typeof sortings] : undefined;
  if (sorting !== undefined) return { state: { ...state, sorting, message: "" } };
  if (key === "d" || key === "u") return { state: asking(state, key === "d", size) };
  return { state: { ...state, message: "", selected: moved(state, key, pageRows(size)) } };
}

function asking(state: TopState, on: boolean, size: Size): TopState {
  const worker = state.cluster?.workers.get(state.selected ?? "");
  if (worker === undefined) return { ...state, message: "select a worker first: arrow keys, or j and k" };
  if (state.cluster?.operator !== true) {
    return { ...state, message: "changes need the operators' token: --token, SKEIN_TOKEN or --state" };
  }
  const drain: Drain = { on, service: worker.service, id: worker.id };
  if (questionOf(drain, size) === undefined) {
    return { ...state, message: "too narrow to ask: widen the terminal, or use skein drain" };
  }
  return { ...state, message: "", mode: { kind: "asking", ...drain } };
}

function moved(state: TopState, key: Key, page: number): string | undefined {
  const keys = rowsOf(state).map(({ worker }) => worker.key);
  const from = state.selected === undefined ? -1 : keys.indexOf(state.selected);
  const last = keys.length - 1;
  const to: Record<string, number> = {
    up: from - 1,
    down: from + 1,
    "page-up": from - page,
    "page-down": from + page,
    first: 0,
    last,
  };
  const target = Object.hasOwn(to, key) ? to[key] : undefined;
  return target === undefined ? state.selected : keys[Math.max(0, Math.min(last, target))];
}

const byText = new Intl.Collator("en", { numeric: true }).compare;
const badness = { suspect: 0, dead: 1, draining: 2, left: 3, live: 4 } as const;

/** The workers as they are shown: numbers from the highest, unknown ones last, equal ones by name. */
export function rowsOf({ cluster, rates, sorting }: TopState): Row[] {
  const rows = [...(cluster?.workers.values() ?? [])].map((worker) => ({
    worker,
    traffic: rateOf(rates, worker.key),
  }));
  const rank: Record<Sorting, (row: Row) => number> = {
    name: () => 0,
    state: ({ worker }) => badness[worker.state],
    busy: ({ worker }) => -(loadNow(worker).inFlight ?? -1),
    rate: ({ traffic }) => -(traffic?.perSecond ?? -1),
    p99: ({ traffic }) => -(traffic?.p99Ms ?? -1),
    errors: ({ traffic }) => -(traffic?.errorShare ?? -1),
  };
  return rows.sort((one, other) => {
    const order = rank[sorting](one) - rank[sorting](other);
    const { worker: first } = one;
    const { worker: second } = other;
    return order || byText(first.service, second.service) || byText(first.id, second.id);
  });
}
