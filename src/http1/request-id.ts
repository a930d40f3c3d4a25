declare const checked: unique symbol;

/** The id of a request, whose every byte may stand in a field and in a log: only made here, so it is not checked again. */
export type RequestId = string & { readonly [checked]: true };

export const noRequestId = "" as RequestId;

const idLengthMax = 128;
const plain = /^[\w.:+/=@-]+$/;

/** Ids of requests: the proxy's own random part and a counter; unique, cheap, and not guessable across proxies. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(prefix: string) {
    if (!plain.test(prefix)) throw new Error("an id of a request may not begin like this");
    this.#prefix = `${prefix}-`;
  }

  next(): RequestId {
    this.#count += 1;
    return (this.#prefix + this.#count.toString(36)) as RequestId;
  }
}

/** An id given by a trusted peer is kept when it is short and plain; else undefined. */
export function plainRequestId(id: string): RequestId | undefined {
  return id.length <= idLengthMax && plain.test(id) ? (id as RequestId) : undefined;
}
