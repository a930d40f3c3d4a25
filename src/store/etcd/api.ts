import type { Client } from "./client.ts";
import { EtcdFailure, kindOf, refusalOf } from "./failure.ts";
import type { Stream } from "./transport.ts";
import {
  asObject,
  decodeHeader,
  decodeTransaction,
  decodeWatch,
  encodeTransaction,
  encodeWatch,
  type Header,
  type KeyRange,
  text,
  type Transaction,
  type TransactionAnswer,
  type WatchAnswer,
  wholeNumber,
} from "./wire.ts";

export interface WatchListener {
  /** What it throws ends the watch. */
  answer(answer: WatchAnswer): void;
  /** Once; nothing follows. Not after `close`. */
  ended(failure: EtcdFailure): void;
}

/** The calls of etcd that are needed, in our words. They reject with EtcdFailure. */
export interface EtcdApi {
  /** Also how everything is read: a transaction that compares nothing reads what the whole cluster agreed on. */
  transact(transaction: Transaction, deadlineMs?: number): Promise<TransactionAnswer>;
  /** A new lease; gives its id. */
  grant(ttlMs: number): Promise<{ header: Header; lease: string }>;
  /** `alive` false: the lease is over. */
  keepAlive(lease: string): Promise<{ header: Header; alive: boolean }>;
  /** Ends a lease; every key that is bound to it is gone with it. Fails with `lease-over` when it is over. */
  revoke(lease: string): Promise<Header>;
  /** Everything in the range, from `revision` on. */
  watch(range: KeyRange, revision: number, listener: WatchListener): Promise<Stream>;
}

/** By the JSON gateway. */
export class Api implements EtcdApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async transact(transaction: Transaction, deadlineMs?: number): Promise<TransactionAnswer> {
    return this.#call("/v3/kv/txn", encodeTransaction(transaction), decodeTransaction, deadlineMs);
  }

  async grant(ttlMs: number): Promise<{ header: Header; lease: string }> {
    const body = { TTL: String(Math.ceil(ttlMs / 1000)) };
    return this.#call("/v3/lease/grant", body, (answer) => {
      const { header, ID } = asObject(answer);
      return { header: decodeHeader(header), lease: text(ID) };
    });
  }

  async keepAlive(lease: string): Promise<{ header: Header; alive: boolean }> {
    const { endpoint } = this.#client;
    return this.#call("/v3/lease/keepalive", { ID: lease }, (answer) => {
      const { header, TTL } = asObject(resultOf(answer, endpoint));
      return { header: decodeHeader(header), alive: wholeNumber(TTL) > 0 };
    });
  }

  async revoke(lease: string): Promise<Header> {
    return this.#call("/v3/lease/revoke", { ID: lease }, (answer) =>
      decodeHeader(asObject(answer)["header"]),
    );
  }

  async watch(range: KeyRange, revision: number, listener: WatchListener): Promise<Stream> {
    const { endpoint } = this.#client;
    return this.#client.stream("/v3/watch", encodeWatch(range, revision), {
      line: (line) => listener.answer(decodeWatch(resultOf(line, endpoint))),
      ended: (failure) => listener.ended(failure),
    });
  }

  async #call<Answer>(
    path: string,
    body: object,
    decode: (answer: unknown) => Answer,
    deadlineMs?: number,
  ): Promise<Answer> {
    const { endpoint } = this.#client;
    const answer = await this.#client.call(path, body, deadlineMs);
    try {
      return decode(answer);
    } catch (error) {
      if (error instanceof EtcdFailure) throw error;
      // It answered, so it may have done it, whatever it is.
      throw new EtcdFailure("strange", endpoint, `is not understood (${String(error)})`, { cause: error });
    }
  }
}

/** A line of a stream holds a result, or why there is none. */
function resultOf(line: unknown, endpoint: string): unknown {
  const { result, error } = asObject(line);
  if (error === undefined) return result;
  const refusal = refusalOf(JSON.stringify(line));
  if (refusal === undefined) throw new EtcdFailure("strange", endpoint, "broke a stream without a reason");
  throw new EtcdFailure(kindOf(refusal), endpoint, refusal.message);
}
