/** Belongs to at most one `Slotted` at a time. */
export interface Member {
  /** Its place there; the collection's own. -1: in none. */
  slot: number;
}

/**
 * A set of what comes and goes many thousand times a second. A `Set` makes itself a new table every so often; V8 lets each
 * old table point to the next, so that once one has grown old, all later ones, and whoever was in them, count as alive
 * until the whole heap is collected. Here nothing is left behind. The order of the members changes when one leaves.
 */
export class Slotted<T extends Member> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** It must be in none. */
  add(member: T): void {
    member.slot = this.#members.push(member) - 1;
  }

  /** False: it was not here. */
  delete(member: T): boolean {
    const { slot } = member;
    const members = this.#members;
    if (members[slot] !== member) return false;
    member.slot = -1;
    const last = members.pop();
    if (last === undefined || last === member) return true;
    members[slot] = last;
    last.slot = slot;
    return true;
  }

  /** Those of now: they may come and go meanwhile. */
  all(): T[] {
    return this.#members.slice();
  }
}
