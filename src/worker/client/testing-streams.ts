import { once } from "node:events";
import { Readable } from "node:stream";
import type { BodyStream } from "./body-source.ts";

export const endless = (): Readable => new Readable({ read: () => {} });

export const failedBefore = (error: Error): Readable =>
  endless()
    .on("error", () => {})
    .destroy(error);

/** Each kind of stream that gave something and then waits, and whether it was let go. */
export function waitingStreams(): [string, BodyStream, Promise<unknown>][] {
  const readable = endless();
  readable.push("begin");
  const web = endlessWeb();
  const iterable = endlessIterable();
  return [
    ["of Node", readable, once(readable, "close")],
    ["of the web", web.stream, web.gone],
    ["that is any iterable", iterable.stream, iterable.gone],
  ];
}

interface Endless {
  stream: BodyStream;
  gone: Promise<void>;
}

function endlessWeb(): Endless {
  let cancelled = (): void => {};
  const gone = new Promise<void>((resolve) => (cancelled = resolve));
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from("begin")),
    cancel: () => cancelled(),
  });
  return { stream, gone };
}

function endlessIterable(): Endless {
  let returned = (): void => {};
  const gone = new Promise<void>((resolve) => (returned = resolve));
  const values = ["begin"];
  const iterator: AsyncIterator<string> = {
    next: async () => {
      const value = values.pop();
      return value === undefined ? new Promise(() => {}) : { value };
    },
    return: async () => {
      returned();
      return { done: true, value: undefined };
    },
  };
  return { stream: { [Symbol.asyncIterator]: () => iterator }, gone };
}
