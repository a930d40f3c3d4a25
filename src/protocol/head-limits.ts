/** The most that `limits` of a configuration may allow. Workers of the SDK take a little more over a link: see request-heads.ts there. */
export const headLimitsMax = {
  headBytesMax: 1_048_576,
  fieldsMax: 1_000,
  targetBytesMax: 1_048_576,
} as const;
