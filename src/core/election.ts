/**
 * Who leads: the rules, as one step function. What the store says is the truth; this only decides when to ask it
 * for what. The store's compare-and-set lets one of several contenders win, and refuses every write of a term that
 * is over: so a wrong decision here costs time, never consistency.
 *
 * ```
 *             seat free, or holder exited,
 *             or no change for takeoverMs
 *            .---------- acquire ---------.
 *            |                            v
 *   standby <---------- lost ------- (acquiring)
 *      ^  ^                               | won
 *      |  |                               v
 *      |  '-- stale, or its term was -- leader --- own beat late ---> doubtful
 *      |      seen to be over             ^                            |   |
 *      |                                  '--------- beat ok ----------'   |
 *      '------------------ stale, or its term was seen to be over ---------'
 *
 *   any --- resign ---> retired (and a lead won after that is given back)
 * ```
 */
export type Role = Standby | Leader | Doubtful | Retired;

interface Common {
  /** When the rules last ran; a gap in them is a pause of this process, which proves nothing about others. */
  tickedAt: number;
  /** The store's word, as last seen. */
  seen: SeenLeadership | undefined;
  /** Instances that the supervisor has seen die; the newest few. */
  gone: readonly string[];
}

export interface Standby extends Common {
  kind: "standby";
  /** Since when nothing changed, in time during which this process ran. */
  unchangedSince: number;
  acquiring: boolean;
  /** Not before: an attempt that failed is not repeated at once. */
  nextAttemptAt: number;
  /** The first look at the store, as long as nothing was seen. */
  firstRead: { underWay: boolean; nextAt: number };
}

/** Leads, and beat recently enough that nobody can have taken over. */
export interface Leader extends Common {
  kind: "leader";
  term: number;
  /** When the last beat that the store took was begun. */
  beatAt: number;
  nextBeatAt: number;
  beating: boolean;
}

/** Led, but its last beat is so old that somebody may have taken over: has no effect until a beat succeeds. */
export interface Doubtful extends Common {
  kind: "doubtful";
  term: number;
  nextBeatAt: number;
  beating: boolean;
}

export interface Retired extends Common {
  kind: "retired";
}

export interface SeenLeadership {
  /** Null: the seat is free. */
  holder: string | null;
  term: number;
  beat: number;
}

export type ElectionEvent =
  | { kind: "tick" }
  | { kind: "seen"; leadership: SeenLeadership }
  | { kind: "won"; term: number; startedAt: number }
  | { kind: "lost" }
  | { kind: "acquire-failed" }
  /** Nothing could be seen. */
  | { kind: "read-failed" }
  | { kind: "beat-ok"; term: number; startedAt: number }
  | { kind: "beat-failed"; term: number }
  /** The store refused a write of this term. */
  | { kind: "stale"; term: number }
  /** The supervisor saw this controller's process end. */
  | { kind: "exited"; instance: string }
  | { kind: "resign" };

export type ElectionEffect =
  | { kind: "acquire"; seen: SeenLeadership }
  | { kind: "beat"; term: number }
  | { kind: "resign"; term: number }
  /** What was seen is out of date: look again now. */
  | { kind: "read" };

/** Why somebody takes a seat: nobody held it, its holder was seen to end, or its holder was silent for too long. */
export type Takeover = "free" | "ended" | "silent";

/** Of an attempt on the seat as it was seen. */
export function takeoverOf({ gone }: Role, { holder }: SeenLeadership): Takeover {
  if (holder === null) return "free";
  return gone.includes(holder) ? "ended" : "silent";
}

export interface ElectionRules {
  tickMs: number;
  /** How often a leader says that it lives. */
  beatEveryMs: number;
  /** A leader whose last beat is older doubts itself. Below takeoverMs by more than a standby's polling. */
  doubtAfterMs: number;
  /** Silence after which a standby takes over. Lower: faster takeover from a stopped leader, more false ones. */
  takeoverMs: number;
  /** A tick later than this is a pause of this process. */
  pauseMs: number;
}

export const electionRules: ElectionRules = {
  tickMs: 50,
  beatEveryMs: 250,
  doubtAfterMs: 1000,
  takeoverMs: 1500,
  pauseMs: 150,
};

/**
 * Rules for a store that itself frees the seat of a silent holder, `leaseMs` after its last beat. No standby judges by
 * silence; a leader doubts itself well before the seat can be free: by the clock of the store, which began to count
 * when a beat arrived, never before it was sent.
 */
export function rulesOverLease(leaseMs: number): ElectionRules {
  const beatEveryMs = leaseMs / 6;
  return {
    ...electionRules,
    beatEveryMs,
    doubtAfterMs: leaseMs - beatEveryMs,
    takeoverMs: Number.POSITIVE_INFINITY,
  };
}

const goneKept = 8;

export interface Step {
  role: Role;
  effects: readonly ElectionEffect[];
}

export function initialRole(now: number): Role {
  return standby({ tickedAt: now, seen: undefined, gone: [] }, now);
}

/** `self` is this controller's instance: never used twice, so a seat with it is ours. */
export function step(
  role: Role,
  event: ElectionEvent,
  now: number,
  self: string,
  rules: ElectionRules = electionRules,
): Step {
  switch (event.kind) {
    case "tick":
      return onTick(role, now, rules);
    case "seen":
      return onSeen(role, event.leadership, now, self, rules);
    case "won":
      return onWon(role, event.term, event.startedAt, now, rules);
    case "lost":
      // Not at once: what stands in the way may still do so.
      return { role: notAcquiring(role, now + rules.tickMs), effects: [{ kind: "read" }] };
    case "acquire-failed":
      return stay(notAcquiring(role, now + rules.beatEveryMs));
    case "read-failed":
      return stay(withFirstRead(role, false, now + rules.beatEveryMs));
    case "beat-ok":
      return onBeatOk(role, event.term, event.startedAt, rules);
    case "beat-failed":
      return onBeatFailed(role, event.term, now, rules);
    case "stale":
      return onStale(role, event.term, now);
    case "exited":
      return contend({ ...role, gone: [event.instance, ...role.gone].slice(0, goneKept) }, now, rules);
    case "resign":
      return retire(role);
  }
}

function onTick(role: Role, now: number, rules: ElectionRules): Step {
  const lateMs = now - role.tickedAt - rules.tickMs;
  const pausedMs = lateMs > rules.pauseMs ? lateMs : 0;
  switch (role.kind) {
    case "retired":
      return stay(role);
    case "standby":
      return onTickOfStandby(
        { ...role, tickedAt: now, unchangedSince: role.unchangedSince + pausedMs },
        now,
        rules,
      );
    case "leader":
    case "doubtful": {
      const doubts = role.kind === "leader" && now - role.beatAt > rules.doubtAfterMs;
      const ticked: Leader | Doubtful = doubts ? doubtful(role, role.term, now) : { ...role, tickedAt: now };
      if (ticked.beating || now < ticked.nextBeatAt) return stay(ticked);
      const nextBeatAt = now + rules.beatEveryMs;
      return {
        role: { ...ticked, beating: true, nextBeatAt },
        effects: [{ kind: "beat", term: ticked.term }],
      };
    }
  }
}

/** A watch tells changes alone: who has seen nothing yet looks until it could. */
function onTickOfStandby(role: Standby, now: number, rules: ElectionRules): Step {
  const { underWay, nextAt } = role.firstRead;
  if (role.seen !== undefined || underWay || now < nextAt) return contend(role, now, rules);
  return { role: withFirstRead(role, true, nextAt), effects: [{ kind: "read" }] };
}

/** A standby takes the seat when it has a reason to. */
function contend(role: Role, now: number, rules: ElectionRules): Step {
  if (role.kind !== "standby" || role.acquiring || role.seen === undefined) return stay(role);
  if (now < role.nextAttemptAt) return stay(role);
  const { holder } = role.seen;
  const silent = now - role.unchangedSince >= rules.takeoverMs;
  if (holder !== null && !role.gone.includes(holder) && !silent) return stay(role);
  return { role: { ...role, acquiring: true }, effects: [{ kind: "acquire", seen: role.seen }] };
}

function onSeen(
  role: Role,
  leadership: SeenLeadership,
  now: number,
  self: string,
  rules: ElectionRules,
): Step {
  const before = role.seen;
  // Reads may overtake each other; an older word is no news.
  if (before !== undefined && isOlder(leadership, before)) return stay(role);
  const same = before !== undefined && !isOlder(before, leadership) && before.holder === leadership.holder;
  if (role.kind === "leader" || role.kind === "doubtful") {
    const own = leadership.term === role.term && leadership.holder !== null;
    if (own || leadership.term < role.term) return stay({ ...role, seen: leadership });
    return contend(standby({ ...role, seen: leadership }, now), now, rules);
  }
  const seen = { ...role, seen: leadership };
  if (seen.kind === "retired") return stay(seen);
  // Won, but the answer was lost on the way.
  if (leadership.holder === self) return stay(doubtful(seen, leadership.term, now));
  return contend(same ? seen : { ...seen, unchangedSince: now }, now, rules);
}

function onWon(role: Role, term: number, startedAt: number, now: number, rules: ElectionRules): Step {
  if (role.kind === "retired") return { role, effects: [{ kind: "resign", term }] };
  if (role.seen !== undefined && role.seen.term > term) return stay(notAcquiring(role, now));
  return stay({
    kind: "leader",
    tickedAt: role.tickedAt,
    seen: role.seen,
    gone: role.gone,
    term,
    beatAt: startedAt,
    nextBeatAt: now + rules.beatEveryMs,
    beating: false,
  });
}

function onBeatOk(role: Role, term: number, startedAt: number, rules: ElectionRules): Step {
  if ((role.kind !== "leader" && role.kind !== "doubtful") || role.term !== term) return stay(role);
  return stay({
    ...role,
    kind: "leader",
    beating: false,
    beatAt: startedAt,
    nextBeatAt: startedAt + rules.beatEveryMs,
  });
}

function onBeatFailed(role: Role, term: number, now: number, rules: ElectionRules): Step {
  if ((role.kind !== "leader" && role.kind !== "doubtful") || role.term !== term) return stay(role);
  return stay({ ...role, beating: false, nextBeatAt: now + rules.tickMs });
}

function onStale(role: Role, term: number, now: number): Step {
  if ((role.kind !== "leader" && role.kind !== "doubtful") || role.term > term) return stay(role);
  return { role: standby(role, now), effects: [{ kind: "read" }] };
}

function retire(role: Role): Step {
  const { tickedAt, seen, gone } = role;
  const leads = role.kind === "leader" || role.kind === "doubtful";
  return {
    role: { kind: "retired", tickedAt, seen, gone },
    effects: leads ? [{ kind: "resign", term: role.term }] : [],
  };
}

function standby({ tickedAt, seen, gone }: Common, now: number): Standby {
  return {
    kind: "standby",
    tickedAt,
    seen,
    gone,
    unchangedSince: now,
    acquiring: false,
    nextAttemptAt: now,
    firstRead: { underWay: false, nextAt: now },
  };
}

function doubtful(role: Role, term: number, now: number): Doubtful {
  const beating = role.kind === "leader" && role.beating;
  return {
    kind: "doubtful",
    tickedAt: now,
    seen: role.seen,
    gone: role.gone,
    term,
    nextBeatAt: now,
    beating,
  };
}

function notAcquiring(role: Role, nextAttemptAt: number): Role {
  return role.kind === "standby" ? { ...role, acquiring: false, nextAttemptAt } : role;
}

function withFirstRead(role: Role, underWay: boolean, nextAt: number): Role {
  return role.kind === "standby" ? { ...role, firstRead: { underWay, nextAt } } : role;
}

function isOlder(one: SeenLeadership, other: SeenLeadership): boolean {
  return one.term < other.term || (one.term === other.term && one.beat < other.beat);
}

function stay(role: Role): Step {
  return { role, effects: [] };
}
