import type { RequestRecord } from "../../src/demo/load/record.ts";

/** Every request by its id, as its client and as the workers counted it. */
export interface Account {
  /** Due by the schedule, and sent. */
  planned: number;
  sent: number;
  /** Of which the client knows what became. */
  recorded: number;
  /** 200 within the client's patience. */
  answered: number;
  /** By the workers, each as often as it was. */
  served: number;
  /** Served once more than once. */
  twice: number;
  /** Served, and the client had no use of it: it came too late, or not at all. */
  inVain: number;
  /** Answered, and no worker knows of it. */
  unknown: number;
}

export const isServed = ({ outcome }: RequestRecord): boolean =>
  outcome.kind === "answered" && outcome.status === 200;

export function accountOf(
  { planned, sent, records }: { planned: number; sent: number; records: readonly RequestRecord[] },
  ledger: readonly string[],
): Account {
  const served = new Set(ledger);
  const answered = new Set(records.filter(isServed).map(({ id }) => id));
  return {
    planned,
    sent,
    recorded: new Set(records.map(({ id }) => id)).size,
    answered: answered.size,
    served: ledger.length,
    twice: ledger.length - served.size,
    inVain: [...served].filter((id) => !answered.has(id)).length,
    unknown: [...answered].filter((id) => !served.has(id)).length,
  };
}

/** Both ends tell the same story: else the figures are worth nothing. */
export function isBalanced({ planned, sent, recorded, unknown }: Account): boolean {
  return planned === sent && sent === recorded && unknown === 0;
}
