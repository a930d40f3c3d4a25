/** Who goes first where not everybody can be served. The order is that of importance. */
export const priorities = ["critical", "normal", "sheddable"] as const;

export type Priority = (typeof priorities)[number];

export interface PriorityRules {
  readonly use: Priority;
  /** A header, in lower case, that names another class. */
  readonly header?: string;
  /** Every client may raise itself, not only a trusted proxy in front. */
  readonly raise?: true;
}

/** The class of a request. `named`: the header's value. A client beyond trust may only lower itself. */
export function priorityOf(rules: PriorityRules, named: string | undefined, trusted: boolean): Priority {
  const wanted = priorities.find((each) => each === named);
  if (wanted === undefined) return rules.use;
  const raises = rankOf(wanted) < rankOf(rules.use);
  return raises && !trusted && rules.raise !== true ? rules.use : wanted;
}

/** 0 goes first. */
export function rankOf(priority: Priority): number {
  return priorities.indexOf(priority);
}
