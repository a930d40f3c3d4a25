const units: readonly [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
];

/** `3d 4h`, `12m 5s`, `8s`. */
export function age(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    if (seconds < size && parts.length === 0) continue;
    parts.push(`${Math.floor(seconds / size)}${unit}`);
    seconds %= size;
  }
  parts.push(`${seconds}s`);
  return parts.slice(0, 2).join(" ");
}

/** Three digits at most, and a thousand as 1.0k. Here and below, what is unknown is a dash. */
export function count(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value >= 999_500) return `${(value / 1_000_000).toFixed(1)}M`;
  if (value >= 9_999.5) return `${Math.round(value / 1000)}k`;
  if (value >= 999.5) return `${(value / 1000).toFixed(1)}k`;
  return value >= 9.95 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}

export function milliseconds(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value >= 999.5) return `${(value / 1000).toFixed(1)} s`;
  return `${value >= 9.95 ? Math.round(value) : value.toFixed(1)} ms`;
}

export function percent(share: number | undefined): string {
  if (share === undefined) return "–";
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `12:03:10` of an ISO time, in this place's clock; with its date where that is not today. */
export function clock(iso: string, now = Date.now()): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "";
  const isToday = time.toDateString() === new Date(now).toDateString();
  // In Sweden dates are written as ISO writes them.
  return isToday ? time.toLocaleTimeString("en-GB") : time.toLocaleString("sv-SE");
}

/** A part of an address; as it stands where it is none. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * What strangers wrote, for people: signs that would turn the direction of the text around them, or are not seen, become
 * visible, and what is long is cut.
 */
export function foreign(text: string, max = 200): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\uFFFD");
  return shown.length > max ? `${shown.slice(0, max)}…` : shown;
}
