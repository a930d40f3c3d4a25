import { append, type Flow, newFlow, type Place, unlink } from "./flow.ts";

/**
 * The requests of one class that wait: a flow for each tenant, and the turn goes from tenant to tenant, one request
 * each (deficit round robin, Shreedhar and Varghese 1995, where each request costs the same). There are never more flows
 * than requests. Nothing here costs more with more tenants.
 */
export class FairRound<Item> {
  length = 0;
  readonly #flows = new Map<number, Flow<Item>>();
  /** Flows by how many wait in them: whose are most is asked whenever the line is full. */
  readonly #byLength: Set<Flow<Item>>[] = [];
  /** Whose turn it is. */
  #turn: Flow<Item> | undefined;

  get tenants(): number {
    return this.#flows.size;
  }

  join(item: Item, tenant: number): Place<Item> {
    const flow = this.#flows.get(tenant) ?? this.#open(tenant);
    const place = append(flow, item);
    this.#moved(flow, flow.length - 1);
    this.length += 1;
    return place;
  }

  leave(place: Place<Item>): void {
    const { flow } = place;
    if (flow === undefined) return;
    unlink(flow, place);
    this.length -= 1;
    this.#moved(flow, flow.length + 1);
    if (flow.length === 0) this.#close(flow);
  }

  /** Who goes next; of the tenant's own the newest or the oldest. */
  next(newest: boolean): Place<Item> | undefined {
    return newest ? this.#turn?.last : this.#turn?.first;
  }

  /** It goes: the turn is the next tenant's. */
  take(place: Place<Item>): void {
    const { flow } = place;
    if (flow !== undefined && flow === this.#turn) this.#turn = flow.next;
    this.leave(place);
  }

  /**
   * Who must go for one more of this tenant: whoever of the tenant with the most would go last. Undefined: that is the
   * one who comes.
   */
  victim(tenant: number, newest: boolean): Place<Item> | undefined {
    const own = (this.#flows.get(tenant)?.length ?? 0) + 1;
    const [most] = this.#byLength.at(-1) ?? [];
    if (most === undefined) return undefined;
    if (most.tenant === tenant || most.length < own) {
      // Its own newest is the one who comes.
      return newest ? this.#flows.get(tenant)?.first : undefined;
    }
    return newest ? most.first : most.last;
  }

  /** Whoever would go last of the tenant with the most. */
  lastOfMost(newest: boolean): Place<Item> | undefined {
    const [most] = this.#byLength.at(-1) ?? [];
    return newest ? most?.first : most?.last;
  }

  #open(tenant: number): Flow<Item> {
    const flow = newFlow<Item>(tenant);
    this.#flows.set(tenant, flow);
    const turn = this.#turn;
    if (turn === undefined) this.#turn = flow;
    else {
      // Behind all others.
      flow.previous = turn.previous;
      flow.next = turn;
      turn.previous.next = flow;
      turn.previous = flow;
    }
    return flow;
  }

  #close(flow: Flow<Item>): void {
    this.#flows.delete(flow.tenant);
    if (this.#turn === flow) this.#turn = flow.next === flow ? undefined : flow.next;
    flow.previous.next = flow.next;
    flow.next.previous = flow.previous;
  }

  /** Invariant: the last of `#byLength` is not empty. */
  #moved(flow: Flow<Item>, before: number): void {
    if (before > 0) this.#byLength[before - 1]?.delete(flow);
    if (flow.length > 0) {
      const same = this.#byLength[flow.length - 1];
      if (same === undefined) this.#byLength.push(new Set([flow]));
      else same.add(flow);
    }
    while (this.#byLength.at(-1)?.size === 0) this.#byLength.pop();
  }
}
