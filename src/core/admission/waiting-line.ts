/** A place in a line. Given back by `join`; leaving twice does nothing. */
export interface Place<Item> {
  readonly item: Item;
  before: Place<Item> | undefined;
  after: Place<Item> | undefined;
  inLine: boolean;
}

/** First come, first served, with leaving from the middle in constant time (the client went away, time is up). */
export interface WaitingLine<Item> {
  first: Place<Item> | undefined;
  last: Place<Item> | undefined;
  length: number;
}

export function newWaitingLine<Item>(): WaitingLine<Item> {
  return { first: undefined, last: undefined, length: 0 };
}

export function join<Item>(line: WaitingLine<Item>, item: Item): Place<Item> {
  const place: Place<Item> = { item, before: line.last, after: undefined, inLine: true };
  if (line.last === undefined) line.first = place;
  else line.last.after = place;
  line.last = place;
  line.length += 1;
  return place;
}

export function leave<Item>(line: WaitingLine<Item>, place: Place<Item>): void {
  if (!place.inLine) return;
  place.inLine = false;
  if (place.before === undefined) line.first = place.after;
  else place.before.after = place.after;
  if (place.after === undefined) line.last = place.before;
  else place.after.before = place.before;
  line.length -= 1;
}

/** Takes the one who has waited longest. */
export function takeFirst<Item>(line: WaitingLine<Item>): Item | undefined {
  const { first } = line;
  if (first === undefined) return undefined;
  leave(line, first);
  return first.item;
}
