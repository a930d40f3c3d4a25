import type { TestContext } from "node:test";
import type { Cause } from "../../src/core/requests/cause.ts";
import { type TestPeer, type TestWorker, until } from "../../src/proxy/testing/testing-peers.ts";
import { type TestTableParts, testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import type { WhyStage } from "./stage.ts";

/** A fault that a request meets: how it comes about, and what must be said of it. */
export interface Fault {
  name: string;
  cause: Cause;
  /** Of what to do. */
  todo: RegExp;
  /** The same, where too many fail at once to look at each worker; unset: as well. */
  todoOfMany?: RegExp;
  /** Of what happened, or by which rule. */
  says?: RegExp;
  /** The id of the request that met it. */
  provoke(stage: WhyStage, context: TestContext): Promise<string>;
}

export const own = "mine-1";
/** A request that brings its own id, for where no answer could tell one. */
export const mine = `GET /orders/7 HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${own}\r\n\r\n`;
export const get = "GET /orders/7?api_key=secret HTTP/1.1\r\nHost: x\r\n\r\n";
export const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const trusting = { proxy: { trustedProxies: ["127.0.0.1/32"] } };
export const soon = { timeouts: { noWorkerWaitMs: 10 } };

/** The id that the answer tells. */
export async function answered(me: TestPeer): Promise<string> {
  const { head } = await me.message();
  const id = /x-request-id: (\S+)/i.exec(head)?.[1];
  if (id === undefined) throw new Error(`an answer without an id: ${head}`);
  return id;
}

/** One worker, to which this request went; the test holds both ends. */
export async function held(
  stage: WhyStage,
  request: string,
  parts: TestTableParts = {},
): Promise<{ me: TestPeer; worker: TestPeer; place: TestWorker }> {
  const place = await stage.worker();
  stage.table({ ...trusting, ...parts, workers: [testWorkerRow(place.port)] });
  const me = await stage.client();
  me.send(request);
  const worker = await place.connection();
  await worker.head();
  return { me, worker, place };
}

/** The gateway's answer to a request of which no worker hears. */
export function refusing(request: string, parts: TestTableParts = {}): Fault["provoke"] {
  return async (stage) => {
    const worker = await stage.worker();
    stage.table({ ...parts, workers: parts.workers ?? [testWorkerRow(worker.port)] });
    const me = await stage.client();
    me.send(request);
    return answered(me);
  };
}

/** Waits until the proxy has taken note of a request that nobody was told of. */
export async function noted(stage: WhyStage): Promise<string> {
  await until(() => stage.proxy.requestLog.find({ id: own, limit: 1 }).length === 1, "a record");
  return own;
}

export const elapsed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
