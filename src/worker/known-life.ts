/** As a controller has numbered this life. */
export interface KnownLife {
  generation: number;
  /** See the welcome of protocol/session.ts. */
  begunAtMs?: number;
  proof?: string;
}

/** The beginning stays as it was first told; the number may grow, and the newest proof is good for longest. */
export function lifeAfter(known: KnownLife | undefined, told: KnownLife): KnownLife {
  const generation = Math.max(known?.generation ?? 0, told.generation);
  const begunAtMs = known?.begunAtMs ?? told.begunAtMs;
  const proof = told.proof ?? known?.proof;
  return {
    generation,
    ...(begunAtMs === undefined ? {} : { begunAtMs }),
    ...(proof === undefined ? {} : { proof }),
  };
}
