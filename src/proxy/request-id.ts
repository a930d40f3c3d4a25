import { newInstanceId } from "../runtime/random.ts";

/** Ids of requests: the proxy's own random part and a counter; unique, cheap, and not guessable across proxies. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(prefix: string = newInstanceId()) {
    this.#prefix = `${prefix}-`;
  }

  next(): string {
    this.#count += 1;
    return this.#prefix + this.#count.toString(36);
  }
}

const idLengthMax = 128;

/** An id given by a trusted peer is kept when it is short and plain: it goes into logs. */
export function isPlainRequestId(id: string): boolean {
  return id.length > 0 && id.length <= idLengthMax && /^[\w.:+/=@-]+$/.test(id);
}
