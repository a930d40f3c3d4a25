/** A gateway or worker, as far as the choice for one request depends on it. */
export interface Candidate {
  /** Not avoided. */
  readonly open: boolean;
  /** 0 for what is live by the word of the controllers (and for gateways), higher the more they doubt it. */
  readonly doubt: number;
  readonly weight: number;
  /** For when no other is free. */
  readonly backup: boolean;
  readonly inFlight: number;
}

/**
 * Which gets the request: of the best ones two by chance, each as often as its weight says, and of them the one with less in
 * flight for its weight.
 * What is avoided or doubted is taken when there is nothing better: a client's suspicion alone never empties its list.
 */
export function choose<C extends Candidate>(candidates: readonly C[], random: () => number): C | undefined {
  const best = Math.min(...candidates.map(rank));
  const equals = candidates.filter((candidate) => rank(candidate) === best);
  const [one, other] = [drawn(equals, random()), drawn(equals, random())];
  if (one === undefined || other === undefined) return one;
  return loadOf(other) < loadOf(one) ? other : one;
}

/** What the controllers say weighs more than what this client saw, for they hear of it from many. */
function rank({ open, doubt, weight, backup }: Candidate): number {
  return (weight > 0 ? 0 : 100) + doubt * 4 + (open ? 0 : 2) + (backup ? 1 : 0);
}

/** `at`: 0 to below 1. */
function drawn<C extends Candidate>(equals: readonly C[], at: number): C | undefined {
  let left = at * equals.reduce((sum, candidate) => sum + shareOf(candidate), 0);
  for (const candidate of equals) {
    left -= shareOf(candidate);
    if (left < 0) return candidate;
  }
  return equals.at(-1);
}

/** The weightless are asked only among themselves. */
function shareOf({ weight }: Candidate): number {
  return weight > 0 ? weight : 1;
}

function loadOf(candidate: Candidate): number {
  return candidate.inFlight / shareOf(candidate);
}
