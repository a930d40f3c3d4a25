import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../../runtime/clock.ts";
import { RequestAtHand } from "./request-at-hand.ts";

const storage = new AsyncLocalStorage<RequestAtHand>();

/**
 * Since Node 24 the context of asynchronous work costs next to nothing. Before, it slows every promise of the process:
 * there it is kept from the moment on when somebody wants it, as the making of a client does.
 */
let kept = Number(process.versions.node.split(".")[0]) >= 24;

export function keepAtHand(): void {
  kept = true;
}

/** What is called from the handler of this request, now and later, finds it. */
export function takeInHand(request: IncomingMessage, response: ServerResponse): void {
  if (!kept) return;
  const atHand = new RequestAtHand(request, response, systemClock);
  storage.enterWith(atHand);
  // Its body comes by the connection's doing, which knows of no request.
  if (request.method === "GET" || request.method === "HEAD") return;
  bindEvents(request, atHand);
  noteEnd(request, atHand);
}

/** When the body is there, which is before the handler has read it. */
function noteEnd(request: IncomingMessage, atHand: RequestAtHand): void {
  const push = request.push.bind(request);
  atHand.bodyComes();
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) atHand.bodyCame();
    return push(chunk, encoding);
  };
}

function bindEvents(request: IncomingMessage, atHand: RequestAtHand): void {
  const emit = request.emit.bind(request) as (...given: unknown[]) => boolean;
  request.emit = (...given: unknown[]): boolean => storage.run(atHand, emit, ...given);
}

export function requestAtHand(): RequestAtHand | undefined {
  kept = true;
  return storage.getStore();
}

/**
 * Aborts when nobody waits any more for the answer to the request at hand: its client has left, the gateway has given it
 * up, or its time is over before the answer has begun. `reason.name` tells: `AbortError`, `TimeoutError`. Undefined
 * outside of a request, and for one that did not come to a joined server.
 *
 *     await database.query(text, { signal: signal() });
 */
export function signal(): AbortSignal | undefined {
  return requestAtHand()?.signal;
}

/**
 * When the answer to the request at hand must have begun, as wall time. Undefined outside of a request, once the answer
 * has begun, and where neither the client nor a gateway has named a time.
 */
export function deadline(): Date | undefined {
  const remainingMs = requestAtHand()?.remainingMs ?? Infinity;
  return remainingMs === Infinity ? undefined : new Date(Date.now() + remainingMs);
}
