import { SkeinError } from "../../protocol/error.ts";
import { problems } from "../../protocol/problem.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { newInstanceId } from "../../runtime/random.ts";
import { type Lease, nothingHeld, type StoreDecision, type WriteOutcome } from "../store.ts";
import { Carrier } from "./carrier.ts";
import { type Content, inPlaceOf } from "./content.ts";
import { firstIdIn } from "./event-pages.ts";
import { decidedOver } from "./history.ts";
import type { Identity } from "./records.ts";
import { Replica } from "./replica.ts";
import { type Rewriting, rewriteOf } from "./rewrite.ts";
import { hopelessIn, mendingOf } from "./salvage.ts";
import type { Seat } from "./seat.ts";
import type { Attempt } from "./verdict.ts";

const othersWrote =
  "somebody else wrote to etcd at this moment, and nothing was decided from here. Try again";

const replacedMeanwhile =
  "etcd was replaced or set back at this moment, or somebody else decided, and nothing was decided from here. Try again";

export interface MenderOptions {
  replica: Replica;
  seat: Seat;
  clock: Clock;
  logger: Logger;
  /** Reads everything anew. */
  catchUp: () => Promise<void>;
}

/** Makes etcd hold what is known again: by itself after damage, by an operator's word after another history. */
export class Mender {
  readonly #options: MenderOptions;

  constructor(options: MenderOptions) {
    this.#options = options;
  }

  /** Why the damage cannot be made good from here. Undefined: there is none, or it can. */
  get hopeless(): string | undefined {
    return hopelessIn(this.#options.replica.mirror);
  }

  /** What was whole last is written anew, under the leader's term. */
  async mend(lease: Lease): Promise<WriteOutcome> {
    const { replica, seat, clock, logger, catchUp } = this.#options;
    // Only what a fresh look confirms is damage.
    await catchUp();
    const { view, identity } = replica.mirror;
    if (view.kind !== "broken") return "ok";
    if (identity === undefined) throw new SkeinError("storeFailed", view.what);
    const mending = mendingOf(replica.mirror, replica.keys);
    if (mending.kind === "hopeless") throw new SkeinError("storeFailed", mending.what);
    const extent = mending.kind === "salvaged" ? `, as far as they could be read: ${mending.what}` : "";
    const message = `Records in etcd were removed or changed by others (${view.what}); they were written anew${extent}`;
    const event = { at: clock.wallTime(), kind: "store-mended" as const, message };
    const verdict = await this.#rewrite(replica, seat.recordOf(lease), {
      content: mending.content,
      identity,
      event,
      term: lease.term,
    });
    if (verdict === "done") logger.warn({ what: view.what }, `records in etcd were written anew${extent}`);
    return verdict === "stale-term" ? "stale-term" : "ok";
  }

  async decide(word: StoreDecision): Promise<void> {
    const { replica, clock } = this.#options;
    if (replica.held === undefined) throw new SkeinError("invalid", nothingHeld);
    const there = await this.#lookThere();
    const { view, state } = there.mirror;
    if (word === "adopt" && view.kind !== "whole") {
      throw new SkeinError(
        "invalid",
        `What is in etcd is damaged (${view.what}): \`skein store republish\` is left`,
      );
    }
    const known = replica.mirror.state;
    const identity = this.#identityAfter(there.mirror.identity);
    const event = {
      at: clock.wallTime(),
      kind: word === "adopt" ? ("store-adopted" as const) : ("store-republished" as const),
      message: `An operator decided what counts: ${replica.held}`,
    };
    const [content, other] = word === "adopt" ? [state, known] : [known, state];
    const term = known.leadership.term;
    const rewriting = { content: contentOver(content, other), identity, event, term };
    const verdict = await this.#rewrite(there, undefined, rewriting).catch(async (error: unknown) => {
      if (!(error instanceof SkeinError) || error.code !== problems.outcomeUnknown.code) throw error;
      // The answer was lost. Were it done, it would show itself as a decision.
      const found = await replica.list().catch(() => undefined);
      if (found?.verdict.kind !== "decided") throw error;
      return "done" as const;
    });
    if (verdict !== "done") throw new SkeinError("storeFailed", othersWrote);
  }

  /** The other history, with a replica of its own: what is known is not touched. */
  async #lookThere(): Promise<Replica> {
    const { replica } = this.#options;
    const { listing, clusterId } = await replica.list();
    const changedUnderUs = (): never => {
      throw new SkeinError("storeFailed", replacedMeanwhile);
    };
    const there = new Replica(replica.keys, replica.api, {
      changed: () => {},
      foreign: changedUnderUs,
      decided: changedUnderUs,
    });
    there.beginAnew(listing, clusterId);
    return there;
  }

  /** Above both histories, and above every term that is known. */
  #identityAfter(found: Identity | undefined): Identity {
    const { identity, state } = this.#options.replica.mirror;
    const known = identity ?? { id: newInstanceId(), incarnation: 0, termBase: 0 };
    const decided = decidedOver(known, found);
    return { ...decided, termBase: Math.max(decided.termBase, state.leadership.term) };
  }

  async #rewrite(
    over: Replica,
    leader: Attempt["leader"],
    what: Pick<Rewriting, "content" | "identity" | "event" | "term">,
  ): Promise<"done" | "stale-term" | "behind"> {
    const { keys, api, mirror } = over;
    const known = over.known();
    const { header, ranges } = await api.transact({
      compare: [],
      success: [{ kind: "range", ...keys.events, limit: 1 }],
    });
    over.check(known, header, true);
    const write = newInstanceId();
    const { ready, operations } = rewriteOf({
      ...what,
      keys,
      write,
      found: mirror.records,
      firstEventId: firstIdIn(ranges[0]?.keyValues[0]),
    });
    const { head, identity } = mirror.cluster;
    const change = {
      write,
      headRevision: head?.modRevision ?? 0,
      identityRevision: identity?.modRevision ?? 0,
    };
    const carrier = new Carrier(over, this.#options.clock);
    for (const part of [...ready, operations]) {
      const verdict = await carrier.carryOut({ leader, change }, part);
      if (verdict !== "done") return verdict;
    }
    return "done";
  }
}

/** The content that counts, for those as well who knew the other one. */
function contentOver(content: Content, { configuration: other }: Content): Content {
  const { configuration } = content;
  if (configuration === undefined || other === undefined) return content;
  return { ...content, configuration: inPlaceOf(configuration, other) };
}
