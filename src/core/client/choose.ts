/** A gateway or worker, as far as the choice for one request depends on it. */
export interface Candidate {
  /** Not avoided. */
  readonly open: boolean;
  /** 0 for what is live by the word of the controllers (and for gateways), higher the more they doubt it. */
  readonly doubt: number;
  readonly weight: number;
  readonly inFlight: number;
}

/**
 * Which gets the request: of the best ones two by chance, and of them the one with less in flight for its weight.
 * What is avoided or doubted is taken when there is nothing better: a client's suspicion alone never empties its list.
 */
export function choose<C extends Candidate>(candidates: readonly C[], random: () => number): C | undefined {
  const best = Math.min(...candidates.map(rank));
  const equals = candidates.filter((candidate) => rank(candidate) === best);
  const draw = (): C | undefined => equals[Math.floor(random() * equals.length)];
  const [one, other] = [draw(), draw()];
  if (one === undefined || other === undefined) return one;
  return loadOf(other) < loadOf(one) ? other : one;
}

/** What the controllers say weighs more than what this client saw, for they hear of it from many. */
function rank({ open, doubt, weight }: Candidate): number {
  return (weight > 0 ? 0 : 100) + doubt * 2 + (open ? 0 : 1);
}

function loadOf({ inFlight, weight }: Candidate): number {
  return (inFlight + 1) / (weight > 0 ? weight : 1);
}
