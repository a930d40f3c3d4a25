import type { Arrival } from "./arrivals.ts";
import type { Outcome } from "./record.ts";

/** Called exactly once. `connectionOpenedAt`: when the connection that carried the request was begun. */
export type Carried = (outcome: Outcome, connectionOpenedAt: number) => void;

/** What carries the requests of a load to the service and tells what became of them. */
export interface Carrier {
  /** Connections so far, where that is known. */
  readonly opened: number;
  /** Before the load begins. */
  begin(): void;
  carry(arrival: Arrival, id: string, done: Carried): void;
  close(): void;
}

/** An order that is answered must be the one that was asked for: another one's answer is worse than none. */
export function judged(
  status: number,
  id: string,
  answer: { header(name: string): string | undefined; body: string },
): Outcome {
  const reason = answer.header("x-skein-reason");
  const outcome: Outcome = { kind: "answered", status, ...(reason === undefined ? {} : { reason }) };
  if (status >= 300) return outcome;
  const worker = answer.header("x-order-worker");
  if (answer.header("x-order-id") !== id || !answer.body.includes(`"${id}"`))
    return { kind: "garbled", detail: `the answer is that of order ${answer.header("x-order-id")}` };
  return worker === undefined ? outcome : { ...outcome, worker };
}

export function orderBody(id: string): string {
  return JSON.stringify({ id, item: "thread", count: 1 });
}
