/** As a controller has numbered this life. */
export interface KnownLife {
  generation: number;
  /** See the welcome of protocol/session.ts. */
  begunAtMs?: number;
}

/** The beginning stays as it was first told; the number may grow. */
export function lifeAfter(known: KnownLife | undefined, told: KnownLife): KnownLife {
  const generation = Math.max(known?.generation ?? 0, told.generation);
  const begunAtMs = known?.begunAtMs ?? told.begunAtMs;
  return begunAtMs === undefined ? { generation } : { generation, begunAtMs };
}
