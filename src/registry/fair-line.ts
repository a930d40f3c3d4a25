/** A line in which the turn goes from holder to holder, one item each: whoever puts many into it waits for its own. */
export class FairLine<Item> {
  /** Each with a queue that is not empty; whose turn it is comes first. */
  readonly #queues = new Map<string, Queue<Item>>();

  join(holder: string, item: Item): void {
    const queue = this.#queues.get(holder);
    if (queue === undefined) this.#queues.set(holder, { items: [item], taken: 0 });
    else queue.items.push(item);
  }

  /** Undefined: nobody waits. */
  next(): Item | undefined {
    for (const [holder, queue] of this.#queues) {
      this.#queues.delete(holder);
      const item = queue.items[queue.taken];
      queue.taken += 1;
      if (queue.taken < queue.items.length) this.#queues.set(holder, shortened(queue));
      return item;
    }
    return undefined;
  }

  clear(): void {
    this.#queues.clear();
  }
}

/** What is taken stays in front, until it is the half: to shift a long array item by item costs its square. */
interface Queue<Item> {
  items: Item[];
  taken: number;
}

function shortened<Item>(queue: Queue<Item>): Queue<Item> {
  if (2 * queue.taken < queue.items.length) return queue;
  return { items: queue.items.slice(queue.taken), taken: 0 };
}
