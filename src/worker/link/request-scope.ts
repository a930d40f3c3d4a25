import { AsyncResource } from "node:async_hooks";

/**
 * Calls into the service on behalf of one request: each request has an asynchronous scope of its own, as on a socket, so
 * that `AsyncLocalStorage` never mixes two of them; and what the service throws is uncaught, as on a socket, but does
 * not disturb the link.
 */
export class RequestScope {
  readonly #resource = new AsyncResource("SKEINREQUEST");
  #inside = false;

  /** Undefined where `step` threw. */
  run<Given, Result>(step: (given: Given) => Result, given: Given): Result | undefined {
    if (this.#inside) return step(given);
    this.#inside = true;
    try {
      return this.#resource.runInAsyncScope(step, undefined, given);
    } catch (error) {
      this.#resource.runInAsyncScope(throwLater, undefined, error);
      return undefined;
    } finally {
      this.#inside = false;
    }
  }
}

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
