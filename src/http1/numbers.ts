const zero = 0x30;
const digitsMax = 15;

/**
 * A Content-Length: 1 to 15 decimal digits and nothing else; -1 for anything else. No sign, no blank inside, no
 * list, no leading zero (some read it as octal).
 */
export function readLength(text: string, start: number, end: number): number {
  const digits = end - start;
  if (digits < 1 || digits > digitsMax) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return digits > 1 && text.charCodeAt(start) === zero ? -1 : value;
}

/** `text` from `start` to `end` is `word` (lower case, letters and `-`), without regard to case. */
export function isWord(text: string, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    const got = text.charCodeAt(start + at);
    const lower = got >= 0x41 && got <= 0x5a ? got | 0x20 : got;
    if (lower !== word.charCodeAt(at)) return false;
  }
  return true;
}
