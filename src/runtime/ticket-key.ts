import { randomBytes } from "node:crypto";
import type { TicketKey } from "../protocol/supervision.ts";

export const ticketKeyBytes = 48;
/** A key is used for so long. Tickets are resumed for two hours: one client in six shakes hands in full once more. */
export const ticketKeyMs = 12 * 3_600_000;

/** `now`: of the host's monotonic clock. */
export function newTicketKey(now: number): TicketKey {
  return { key: randomBytes(ticketKeyBytes).toString("base64"), bornAt: now };
}
