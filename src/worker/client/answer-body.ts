import type { IncomingMessage } from "node:http";
import { SkeinError } from "../../protocol/error.ts";
import type { Clock } from "../../runtime/clock.ts";

/** What is read ahead of the caller. */
const aheadBytes = 64 * 1024;

export interface BodyLimits {
  clock: Clock;
  /** Longest time without a byte while the caller waits for one. */
  silenceMs: number;
  /** Monotonic time at which the whole must be there; unset: no matter when. */
  until: number | undefined;
  signal: AbortSignal | undefined;
  /** Who answers, for the words of an error. */
  name: string;
}

/**
 * The body of an answer as a web stream. It ends only where the answer ends: one that was cut, by its sender's death
 * or by a limit, ends in an error, so that nobody takes a part for the whole.
 */
export function answerBody(answer: IncomingMessage, limits: BodyLimits): ReadableStream<Uint8Array> {
  let leave = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        leave = pass(answer, controller, limits);
      },
      pull: () => void answer.resume(),
      cancel: () => leave(),
    },
    { highWaterMark: aheadBytes, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}

/** Gives the word that nobody reads any more. Invariant: once it is over, nothing is done with the controller. */
function pass(
  answer: IncomingMessage,
  controller: ReadableStreamDefaultController<Uint8Array>,
  limits: BodyLimits,
): () => void {
  let over = false;
  let heardAt = limits.clock.now();
  const letGo = (): void => {
    over = true;
    stopWatching();
    limits.signal?.removeEventListener("abort", abort);
  };
  const end = (error?: unknown): void => {
    if (over) return;
    letGo();
    if (error === undefined) return controller.close();
    answer.destroy();
    controller.error(error);
  };
  const abort = (): void => end(limits.signal?.reason);
  const stopWatching = watch(limits, () => (answer.isPaused() ? undefined : heardAt), end);
  limits.signal?.addEventListener("abort", abort);
  answer.on("resume", () => (heardAt = limits.clock.now()));
  answer.on("data", (chunk: Buffer) => {
    if (over) return;
    heardAt = limits.clock.now();
    controller.enqueue(new Uint8Array(chunk));
    if ((controller.desiredSize ?? 0) <= 0) answer.pause();
  });
  answer.on("end", () => end(answer.complete ? undefined : cut(limits)));
  answer.on("error", (cause) => end(cut(limits, cause)));
  answer.on("close", () => end(cut(limits)));
  return () => {
    letGo();
    answer.destroy();
  };
}

function cut({ name }: BodyLimits, cause?: unknown): SkeinError {
  return new SkeinError("badAnswer", `${name} was lost within its answer`, { cause });
}

/** `heardAt`: undefined while the caller does not read. Gives the word to stop. */
function watch(
  { clock, silenceMs, until, name }: BodyLimits,
  heardAt: () => number | undefined,
  end: (error: SkeinError) => void,
): () => void {
  const late = (what: string): void => end(new SkeinError("headTimeout", `${name} ${what}`));
  const timers = [
    clock.every(silenceMs, () =>
      clock.afterPendingInput(() => {
        const at = heardAt();
        if (at !== undefined && clock.now() - at >= silenceMs) late(`sent nothing for ${silenceMs} ms`);
      }),
    ),
  ];
  if (until !== undefined) {
    timers.push(clock.after(Math.max(0, until - clock.now()), () => late("did not end its answer in time")));
  }
  return () => timers.forEach((timer) => timer.cancel());
}
