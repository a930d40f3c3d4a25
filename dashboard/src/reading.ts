import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "./net/ask.ts";
import { events, snapshots } from "./state.ts";

/** What was asked of a controller: the last answer, and why there is no newer one. */
export interface Reading<Reply> {
  reply: Signal<Reply | undefined>;
  wrong: Signal<string | undefined>;
}

const againMs = 2_000;

export function newReading<Reply>(): Reading<Reply> {
  return { reply: signal(undefined), wrong: signal(undefined) };
}

/** For what follows from the configuration. No event may tell of its change: the reader was away, or is told only the newest ones. */
export function useConfigured<Reply>(path: string, reading: Reading<Reply>): void {
  const configured = events.value.find(({ kind }) => kind === "configuration-changed")?.id;
  useEffect(() => readUntilAnswered(path, reading), [configured, snapshots.value]);
}

function readUntilAnswered<Reply>(path: string, { reply, wrong }: Reading<Reply>): () => void {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async (): Promise<void> => {
    try {
      reply.value = await ask<Reply>(path, abort.signal);
      wrong.value = undefined;
    } catch (error) {
      if (abort.signal.aborted) return;
      wrong.value = error instanceof Error ? error.message : String(error);
      timer = setTimeout(() => void read(), againMs);
    }
  };
  void read();
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
}

/** Why nothing is shown: only who was answered knows that there is nothing. */
export function emptyWords({ reply, wrong }: Reading<unknown>, none: string): string {
  if (reply.value !== undefined) return none;
  return wrong.value === undefined ? "Asking…" : "Nobody has answered yet.";
}
