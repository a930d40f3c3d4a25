/**
 * Are so many failures in a row no chance, where this share fails at the others of the service? Five are, where it is small:
 * then nothing is faster. Where one request in ten fails everywhere, five in a row are one in 100,000: at thousands of
 * requests a second some sound worker has them each minute (Envoy's `consecutive_5xx` takes it out), and nine are needed.
 */
export function tooManyInRow(failures: number, usualShare: number): boolean {
  const { failuresMin, usualShareMin, proof } = inRowNumbers;
  return failures >= failuresMin && failures * -Math.log(Math.max(usualShare, usualShareMin)) >= proof;
}

export const inRowNumbers = {
  failuresMin: 5,
  /** However well the others are: so much happens. */
  usualShareMin: 0.02,
  /** A sound worker has so improbable a row once in e^19.5 answers, or 300 million: five of one in fifty. */
  proof: 19.5,
} as const;
