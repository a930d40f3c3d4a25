import { systemClock } from "../runtime/clock.ts";

/** `12:03:10Z`, in UTC as all of the command is; with its date where that is not today. `digits`: `23` for milliseconds too. */
export function shortTime(iso: string, nowIso = systemClock.wallTime(), digits: 19 | 23 = 19): string {
  const day = iso.slice(0, 10);
  const time = `${iso.slice(11, digits)}Z`;
  return day === nowIso.slice(0, 10) ? time : `${day} ${time}`;
}
