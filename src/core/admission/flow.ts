/** A place in a line. */
export interface Place<Item> {
  readonly item: Item;
  /** Undefined: it waits no more. */
  flow: Flow<Item> | undefined;
  before: Place<Item> | undefined;
  after: Place<Item> | undefined;
}

/** What waits for one tenant, in the order in which it came; taken from either end, left from the middle. */
export interface Flow<Item> {
  readonly tenant: number;
  first: Place<Item> | undefined;
  last: Place<Item> | undefined;
  length: number;
  /** Neighbours in the round of its class. */
  previous: Flow<Item>;
  next: Flow<Item>;
}

export function newFlow<Item>(tenant: number): Flow<Item> {
  const flow = { tenant, first: undefined, last: undefined, length: 0 } as Omit<
    Flow<Item>,
    "previous" | "next"
  > as Flow<Item>;
  flow.previous = flow;
  flow.next = flow;
  return flow;
}

export function append<Item>(flow: Flow<Item>, item: Item): Place<Item> {
  const place: Place<Item> = { item, flow, before: flow.last, after: undefined };
  if (flow.last === undefined) flow.first = place;
  else flow.last.after = place;
  flow.last = place;
  flow.length += 1;
  return place;
}

export function unlink<Item>(flow: Flow<Item>, place: Place<Item>): void {
  place.flow = undefined;
  if (place.before === undefined) flow.first = place.after;
  else place.before.after = place.after;
  if (place.after === undefined) flow.last = place.before;
  else place.after.before = place.before;
  flow.length -= 1;
}
