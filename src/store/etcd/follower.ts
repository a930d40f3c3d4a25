import { SkeinError } from "../../protocol/error.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import { presentMax } from "../store.ts";
import { Beats } from "./beats.ts";
import type { Members } from "./client.ts";
import { EtcdFailure } from "./failure.ts";
import { follow, type Following, type FollowingEvent, followingRules, isContinuous } from "./following.ts";
import { judge } from "./history.ts";
import { identityIn } from "./records.ts";
import type { Presences } from "./presences.ts";
import type { Replica } from "./replica.ts";
import { beatCameBack, beatRefused, freshBeat, type SelfBeat, tickBeat } from "./self-beat.ts";
import type { Stream } from "./transport.ts";
import type { WatchAnswer } from "./wire.ts";

export interface FollowerOptions {
  replica: Replica;
  members: Members;
  clock: Clock;
  random: Random;
  /** A name of this handle, never used before. */
  handle: string;
  presences: Presences;
  /** Every `tickMs`, after everything else. */
  ticked(): void;
}

interface Trouble {
  since: number;
  error: Error;
}

/** Keeps a replica up to date: does what `following` and `self-beat` decide. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #beats: Beats;
  #following: Following = { kind: "listing", failures: 0 };
  #selfBeat: SelfBeat;
  #stream: Stream | undefined;
  /** Of the watch that is wanted: what an older one still says does not count. */
  #wanted = 0;
  #ticking: Timer | undefined;
  #toldUntil = Number.NEGATIVE_INFINITY;
  #beating = false;
  /** Since when nothing is told by etcd, and why. */
  #trouble: Trouble | undefined;
  /** Since when nothing can be written, and why. Over only when an own beat has come back, for a watch tells either way. */
  #writeTrouble: Trouble | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#beats = new Beats(options.replica, options.handle, options.presences);
    this.#selfBeat = freshBeat(options.clock.now());
  }

  /** Begins, after a first list was taken, or could not be. */
  start(following: "listed" | "list-failed"): void {
    const { clock } = this.#options;
    this.#feed({ kind: following });
    this.#ticking = clock.every(followingRules.tickMs, () => clock.afterPendingInput(() => this.#tick()));
  }

  get following(): Following {
    return this.#following;
  }

  /** What was done in etcd until then is told: a beat that was sent then has come back. */
  get toldUntil(): number {
    return this.#toldUntil;
  }

  /** The one that lasts longer. */
  get trouble(): Trouble | undefined {
    const [told, written] = [this.#trouble, this.#writeTrouble];
    if (told === undefined || written === undefined) return told ?? written;
    return told.since < written.since ? told : written;
  }

  /** Calls go to another member: the watch goes there as well. */
  moved(): void {
    this.#feed({ kind: "moved" });
  }

  foreign(what: string): void {
    this.#feed({ kind: "foreign", what });
  }

  decided(): void {
    this.#feed({ kind: "decided" });
  }

  /** What was decided here has been read: from now on that is what goes on. */
  settled(): void {
    this.#feed({ kind: "same" });
  }

  /** Reads everything and takes it, whatever else goes on. */
  async list(): Promise<void> {
    const { replica } = this.#options;
    replica.usable();
    const { listing, clusterId, verdict } = await replica.list();
    if (verdict.kind === "foreign") {
      this.foreign(verdict.what);
      replica.usable();
    } else if (verdict.kind === "decided") replica.beginAnew(listing, clusterId);
    else replica.takeList(listing, clusterId);
  }

  async close(): Promise<void> {
    this.#ticking?.cancel();
    this.#closeStream();
    await this.#beats.end().catch(() => {});
  }

  #feed(event: FollowingEvent): void {
    const { clock, random, replica, members } = this.#options;
    const { following, effects } = follow(this.#following, event, clock.now(), random());
    this.#following = following;
    replica.situation({
      held: following.kind === "held" ? following.what : undefined,
      continuous: isContinuous(following),
    });
    if (following.kind === "watching") this.#trouble = undefined;
    for (const effect of effects) {
      if (effect === "list") this.#attempt(this.#list());
      if (effect === "open") this.#attempt(this.#open());
      if (effect === "close") this.#closeStream();
      if (effect === "leave-member") members.leave(members.endpoint);
      if (effect === "look") this.#attempt(this.#look());
      if (effect === "check") this.#attempt(this.#check());
    }
  }

  /** What these reject with was fed already. */
  #attempt(work: Promise<void>): void {
    work.catch((error: unknown) => this.#noteTrouble(error));
  }

  #noteTrouble(error: unknown): void {
    this.#trouble = this.#troubleAfter(this.#trouble, error);
  }

  #troubleAfter(before: Trouble | undefined, error: unknown): Trouble {
    const since = before?.since ?? this.#options.clock.now();
    return { since, error: error instanceof Error ? error : new Error(String(error)) };
  }

  #tick(): void {
    if (this.#ticking === undefined) return;
    this.#feed({ kind: "tick" });
    if (this.#following.kind === "watching") this.#tickBeat();
    this.#options.ticked();
  }

  async #list(): Promise<void> {
    try {
      await this.list();
    } catch (error) {
      this.#feed({ kind: "list-failed" });
      throw error;
    }
    this.#feed({ kind: "listed" });
  }

  async #open(): Promise<void> {
    const { replica } = this.#options;
    const wanted = ++this.#wanted;
    const isWanted = (): boolean => wanted === this.#wanted;
    const ended = (failure: EtcdFailure): void => {
      this.#noteTrouble(failure);
      if (isWanted()) this.#feed({ kind: failure.kind === "compacted" ? "compacted" : "ended" });
    };
    try {
      const stream = await replica.api.watch(replica.keys.all, replica.mirror.revision + 1, {
        answer: (answer) => {
          if (isWanted()) this.#take(answer);
        },
        ended,
      });
      if (isWanted()) this.#stream = stream;
      else stream.close();
    } catch (error) {
      if (isWanted()) this.#feed({ kind: "ended" });
      throw error;
    }
  }

  #closeStream(): void {
    this.#wanted += 1;
    this.#stream?.close();
    this.#stream = undefined;
  }

  /** Throws when the watch is of no more use. */
  #take({ header, created, canceled, events }: WatchAnswer): void {
    const { replica, members, clock } = this.#options;
    const identity = events.flatMap((event) =>
      event.kind === "put" && event.keyValue.key === replica.keys.identity ? [event.keyValue] : [],
    );
    const found = identityIn(identity.at(-1));
    const verdict = judge(replica.known(), {
      clusterId: header.clusterId,
      ...(found === undefined ? {} : { identity: found }),
    });
    if (verdict.kind === "foreign") return this.foreign(verdict.what);
    if (canceled !== undefined) {
      if (canceled.compacted) return this.#feed({ kind: "compacted" });
      members.forgetToken();
      throw new EtcdFailure("refused", members.endpoint, `broke the watch: ${canceled.reason}`);
    }
    if (created) {
      this.#stream?.begun();
      this.#selfBeat = freshBeat(clock.now(), this.#selfBeat.number);
      this.#feed({ kind: "begun" });
      // Else each is known with its next beat.
      this.#readPresences().catch(() => {});
    }
    const number = this.#beats.foundIn(events);
    const { waiting } = this.#selfBeat;
    if (number !== undefined) {
      this.#selfBeat = beatCameBack(this.#selfBeat, number);
      this.#writeTrouble = undefined;
      this.#options.presences.beatCameBack();
    }
    this.#options.presences.takeEvents(events);
    replica.takeEvents(events);
    // Not before what came with it, or what it followed, is told.
    if (number !== undefined && waiting !== undefined && number >= waiting.number)
      this.#toldUntil = waiting.sentAt;
  }

  async #readPresences(): Promise<void> {
    const { replica, presences } = this.#options;
    const known = replica.known();
    const range = { kind: "range", ...replica.keys.beats, limit: presentMax } as const;
    const { header, ranges } = await replica.api.transact({ compare: [], success: [range] });
    replica.check(known, header, true);
    presences.takeList(ranges[0]?.keyValues ?? []);
  }

  #tickBeat(): void {
    const { clock } = this.#options;
    const { beat, send, late } = tickBeat(this.#selfBeat, clock.now(), followingRules.tickMs);
    this.#selfBeat = beat;
    if (late) {
      const { endpoint } = this.#options.members;
      this.#noteTrouble(
        new EtcdFailure("silent", endpoint, "what was written did not come back by the watch"),
      );
      this.#feed({ kind: "late" });
    }
    if (send !== undefined && !this.#beating) void this.#beat(send);
  }

  async #beat(number: number): Promise<void> {
    this.#beating = true;
    try {
      await this.#beats.send(number);
    } catch (error) {
      this.#writeTrouble = this.#troubleAfter(this.#writeTrouble, error);
      const refused = error instanceof EtcdFailure && !error.elsewhere;
      if (refused) this.#selfBeat = beatRefused(this.#selfBeat, number);
    } finally {
      this.#beating = false;
    }
  }

  /** Whether what the watch goes on with is the history that is known. */
  async #check(): Promise<void> {
    await this.#options.replica.readCluster();
  }

  /** While held: asks without taking anything. */
  async #look(): Promise<void> {
    try {
      const { verdict } = await this.#options.replica.list();
      if (verdict.kind === "foreign") this.foreign(verdict.what);
      else this.#feed({ kind: verdict.kind });
    } catch (error) {
      this.#feed({ kind: "look-failed" });
      throw error;
    }
  }
}

/** For people: why etcd tells nothing. */
export function troubleOf(error: Error): string {
  return error instanceof SkeinError ? error.detail : error.message;
}
