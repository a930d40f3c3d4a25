/**
 * DER, as far as a certificate needs it, and only to write: what is written here is read again by OpenSSL, and nothing is
 * ever parsed.
 */
export type Der = Uint8Array;

export const sequence = (...parts: Der[]): Der => tagged(0x30, Buffer.concat(parts));
export const set = (...parts: Der[]): Der => tagged(0x31, Buffer.concat(parts));
export const boolean = (value: boolean): Der => tagged(0x01, Uint8Array.of(value ? 0xff : 0));
export const octets = (content: Uint8Array): Der => tagged(0x04, content);
export const text = (value: string): Der => tagged(0x0c, Buffer.from(value, "utf8"));
/** Whole bytes, but for `unused` bits at the end. */
export const bits = (content: Uint8Array, unused = 0): Der =>
  tagged(0x03, Buffer.concat([Uint8Array.of(unused), content]));
/** `[number]` around what it holds. */
export const explicit = (number: number, content: Der): Der => tagged(0xa0 + number, content);
/** `[number]` in place of the tag of a plain value. */
export const implicit = (number: number, content: Uint8Array): Der => tagged(0x80 + number, content);

/** From its big-endian bytes; not negative. */
export function integer(bytes: Uint8Array): Der {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first += 1;
  const trimmed = bytes.subarray(first);
  const sign = (trimmed[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return tagged(0x02, Buffer.concat([sign, trimmed]));
}

export function objectId(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** RFC 5280 4.1.2.5: two digits of the year until 2049, four from then on. */
export function time(at: Date): Der {
  const digits = at.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2), "ascii"))
    : tagged(0x18, Buffer.from(digits, "ascii"));
}

function base128(value: number): number[] {
  const digits = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift((left % 128) + 128);
  }
  return digits;
}

function tagged(tag: number, content: Uint8Array): Der {
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Uint8Array.of(0x80 + bytes.length, ...bytes);
}
