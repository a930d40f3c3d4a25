/**
 * What a request carries from hop to hop, so that whoever works for it stops when nobody waits any more, and that not
 * every tier repeats it: docs/deadlines.md and docs/retries.md.
 */
export const hopHeaders = {
  /**
   * Milliseconds that are left until the head of the answer must be there: 1 to 9 digits. With `/` behind them they count from the
   * end of the request's body; then 1 to 9 digits more say how long it is waited at most, with the body; none: as long as that takes.
   */
  budget: "x-skein-budget",
  /** How often it has been repeated on its way, by whomever: 1 to 3 digits. Absent: never. */
  attempt: "x-skein-attempt",
  /** In a gateway's own answer, `no`: it was repeated already, or may not be; whoever hears it does not repeat it either. */
  retry: "x-skein-retry",
} as const;

/** Of one request, where it arrives. */
export interface Hops {
  /** For the answer, when the request is whole. Infinity: its sender waits for as long as it takes. */
  readonly budgetMs: number;
  /** For both, from when the request begins to come. */
  readonly mostMs: number;
  readonly attempt: number;
}

export const noHops: Hops = { budgetMs: Infinity, mostMs: Infinity, attempt: 0 };

/** What is not understood counts as not said. */
export function readHops(
  budget: string | undefined,
  attempt: string | undefined,
  grpcTimeout: string | undefined,
): Hops {
  const [, answer, slash, most = ""] = /^(\d{1,9})(?:(\/)(\d{0,9}))?$/.exec(budget ?? "") ?? [];
  const grpcMs = readGrpcTimeout(grpcTimeout) ?? Infinity;
  const budgetMs = Math.min(answer === undefined ? Infinity : Number(answer), grpcMs);
  const bodyTakesLong = slash === undefined ? budgetMs : most === "" ? Infinity : Number(most);
  return {
    budgetMs,
    mostMs: Math.min(bodyTakesLong, grpcMs),
    attempt: readDigits(attempt, 3) ?? 0,
  };
}

/** Of a request that is whole, or of which nobody waits for the body on its own: `mostMs` unset. */
export function budgetField(budgetMs: number, mostMs?: number): string {
  if (mostMs === undefined) return String(toldBudget(budgetMs));
  return `${toldBudget(budgetMs)}/${mostMs === Infinity ? "" : toldBudget(mostMs)}`;
}

/** Rounded down, for the way takes time too; but a budget that is told is never none. */
export function toldBudget(remainingMs: number): number {
  return Math.min(999_999_999, Math.max(1, Math.floor(remainingMs)));
}

export function toldAttempt(attempt: number): number {
  return Math.min(999, attempt);
}

function readDigits(text: string | undefined, digitsMax: number): number | undefined {
  if (text === undefined || text.length === 0 || text.length > digitsMax) return undefined;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

const grpcUnits: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** `grpc-timeout` of gRPC over HTTP/2: up to 8 digits and a unit. */
function readGrpcTimeout(text: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text ?? "") ?? [];
  const unitMs = grpcUnits[unit ?? ""];
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}
