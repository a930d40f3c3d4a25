/**
 * The 256-byte class tables: nothing else decides which byte may stand where. Parser and writer use the same.
 */
export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;
export const COMMA = 0x2c;

function table(isMember: (byte: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) bytes[byte] = isMember(byte) ? 1 : 0;
  return bytes;
}

const tokenPunctuation = "!#$%&'*+-.^_`|~";

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
}

/** Method, field name, connection option, coding: RFC 9110 5.6.2. */
export const tokenBytes = table(
  (byte) => isAlphanumeric(byte) || tokenPunctuation.includes(String.fromCharCode(byte)),
);

/** Field value and reason phrase: field-vchar, obs-text, blank, tab. */
export const fieldBytes = table((byte) => byte === HTAB || (byte >= SP && byte !== 0x7f));

/**
 * Request target. 0: not allowed (controls, blank, `#`, DEL, obs-text). Other values are or-ed together over a
 * target, so that the usual one needs no second look.
 */
export const targetPlain = 1;
/** `%` `.` `\`: the path needs the careful check. */
export const targetCareful = 2;
export const targetQuery = 4;
export const targetBytes = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++) targetBytes[byte] = targetPlain;
targetBytes[0x23] = 0;
for (const careful of "%.\\") targetBytes[careful.charCodeAt(0)] = targetPlain | targetCareful;
targetBytes[0x3f] = targetPlain | targetQuery;

/** Value of a hexadecimal digit, or 255. */
export const hexValues = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  hexValues[digit.charCodeAt(0)] = value;
  hexValues[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Every character of `text` is in the table; characters above 255 never are. */
export function consistsOf(text: string, bytes: Uint8Array, from = 0, to = text.length): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code > 255 || bytes[code] === 0) return false;
  }
  return true;
}

/** As `buffer.toString("latin1", from, to)`, without looking up the encoding by its name. */
export function latin1(buffer: Buffer, from: number, to: number): string {
  return (buffer as Latin1Buffer).latin1Slice(from, to);
}

/** The same text in memory of its own: a slice would keep the whole head alive for as long as it is kept itself. */
export function ownCopy(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** Node's own method, on every version; only its types do not tell it. */
interface Latin1Buffer extends Buffer {
  latin1Slice(from: number, to: number): string;
}

export function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
