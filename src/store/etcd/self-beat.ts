/**
 * Whether the watch can be trusted: each second an own small key is written with a growing number, and must come back
 * through the own watch. A watch may be silent for two reasons, nothing happened or nothing gets through; this tells them
 * apart, also where the member that serves the watch is stopped and its connection stands.
 */
export interface SelfBeat {
  readonly number: number;
  /** The oldest that was sent and has not come back. */
  readonly waiting: { number: number; sentAt: number } | undefined;
  readonly nextAt: number;
  readonly tickedAt: number;
}

export interface SelfBeatRules {
  everyMs: number;
  /** Lower: a silent watch is left sooner; higher: more patience with a slow disk of etcd. */
  backWithinMs: number;
  /** A tick later than this is a pause of this process. */
  pauseMs: number;
}

export const selfBeatRules: SelfBeatRules = { everyMs: 1000, backWithinMs: 1500, pauseMs: 150 };

export interface SelfBeatStep {
  beat: SelfBeat;
  /** The number to write now. */
  send: number | undefined;
  /** What was sent did not come back in time. */
  late: boolean;
}

/** When a watch has begun: what was sent before is not waited for. */
export function freshBeat(now: number, number = 0): SelfBeat {
  return { number, waiting: undefined, nextAt: now, tickedAt: now };
}

/** To be called every `tickMs`, after what waits in the sockets was read. */
export function tickBeat(beat: SelfBeat, now: number, tickMs: number, rules = selfBeatRules): SelfBeatStep {
  const lateMs = now - beat.tickedAt - tickMs;
  const ticked = { ...beat, tickedAt: now, waiting: withoutPause(beat, lateMs > rules.pauseMs ? lateMs : 0) };
  const late = ticked.waiting !== undefined && now - ticked.waiting.sentAt > rules.backWithinMs;
  if (late || now < beat.nextAt) return { beat: ticked, send: undefined, late };
  const number = beat.number + 1;
  const waiting = ticked.waiting ?? { number, sentAt: now };
  return { beat: { ...ticked, number, waiting, nextAt: now + rules.everyMs }, send: number, late: false };
}

/** The watch has told of an own beat. */
export function beatCameBack(beat: SelfBeat, number: number): SelfBeat {
  return beat.waiting === undefined || number < beat.waiting.number ? beat : { ...beat, waiting: undefined };
}

/** etcd has refused to write this beat: it cannot come back, and that it does not says nothing of the watch. */
export function beatRefused(beat: SelfBeat, number: number): SelfBeat {
  return beat.waiting?.number === number ? { ...beat, waiting: undefined } : beat;
}

function withoutPause({ waiting }: SelfBeat, pausedMs: number): SelfBeat["waiting"] {
  return waiting === undefined ? undefined : { ...waiting, sentAt: waiting.sentAt + pausedMs };
}
