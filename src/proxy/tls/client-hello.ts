/**
 * The beginning of a TLS connection, as far as it must be known before a handshake is paid for: whether it is one at
 * all, and for which host (RFC 8446, 4.1.2; RFC 6066, 3). Nothing here decides about security: the TLS library reads the same
 * bytes and judges them. What is not understood counts as a hello that names no host.
 */
export type Opening =
  /** Not yet known: more bytes are needed. */
  | { readonly kind: "more" }
  /** `serverName` in lower case; empty: none is named. */
  | { readonly kind: "hello"; readonly serverName: string }
  /** The beginning of a request in clear. */
  | { readonly kind: "plain" }
  /** Nothing that a client of this port should send. */
  | { readonly kind: "foreign" }
  /** A hello in more records or bytes than are read: it may name a host, and must not be answered as if it named none. */
  | { readonly kind: "excessive" };

/** A hello with every option and a post-quantum key has less than 4 KiB. */
export const openingBytesMax = 20_000;

/** One or two are usual; a limit, so that nobody makes us join thousands again and again. Some clients send 100 bytes in each. */
const recordsMax = 64;
const handshakeRecord = 22;
const clientHello = 1;
const recordHeadBytes = 5;
const messageHeadBytes = 4;
const serverNameExtension = 0;
const hostName = 0;

const more: Opening = { kind: "more" };
const nameless: Opening = { kind: "hello", serverName: "" };
const excessive: Opening = { kind: "excessive" };

export function readOpening(bytes: Uint8Array): Opening {
  const [first = 0] = bytes;
  if (bytes.length === 0) return more;
  if (first !== handshakeRecord) return isLetter(first) ? { kind: "plain" } : { kind: "foreign" };
  const message = joinRecords(bytes);
  if (message === "more") return bytes.length < openingBytesMax ? more : excessive;
  if (message === "excessive") return excessive;
  return message === undefined ? nameless : { kind: "hello", serverName: serverNameOf(message) };
}

function isLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** The body of the first handshake message, which may lie in several records. Undefined: it is no hello. */
function joinRecords(bytes: Uint8Array): Uint8Array | "more" | "excessive" | undefined {
  const parts: Uint8Array[] = [];
  let have = 0;
  let need = messageHeadBytes;
  for (let at = 0; have < need;) {
    if (at < bytes.length && bytes[at] !== handshakeRecord) return undefined;
    if (parts.length === recordsMax) return "excessive";
    if (bytes.length < at + recordHeadBytes) return "more";
    const from = at + recordHeadBytes;
    at = from + uint16(bytes, at + 3);
    if (bytes.length < at) return "more";
    parts.push(bytes.subarray(from, at));
    have += at - from;
    if (need > messageHeadBytes || have < messageHeadBytes) continue;
    const head = Buffer.concat(parts);
    need += uint24(head, 1);
    if (head[0] !== clientHello) return undefined;
    if (need > openingBytesMax) return "excessive";
  }
  return Buffer.concat(parts).subarray(messageHeadBytes, need);
}

/** Empty: the hello names no host, or its fields do not fit into it. */
function serverNameOf(hello: Uint8Array): string {
  // Version and random; then session id, cipher suites, compression methods, each behind its length.
  let at = 2 + 32;
  at += 1 + (hello[at] ?? 0);
  at += 2 + uint16(hello, at);
  at += 1 + (hello[at] ?? 0);
  const end = Math.min(hello.length, at + 2 + uint16(hello, at));
  at += 2;
  while (at + 4 <= end) {
    const length = uint16(hello, at + 2);
    const from = at + 4;
    if (uint16(hello, at) === serverNameExtension) return hostIn(hello, from, Math.min(from + length, end));
    at = from + length;
  }
  return "";
}

/** A list of names, each with a kind; only one kind was ever defined, and a list has one of it. */
function hostIn(hello: Uint8Array, from: number, to: number): string {
  const length = uint16(hello, from + 3);
  const begin = from + 5;
  if (hello[from + 2] !== hostName || begin + length > to) return "";
  let name = "";
  for (let at = begin; at < begin + length; at++) name += String.fromCharCode(hello[at] ?? 0);
  return plainHost(name);
}

/** As hosts are compared: lower case, without the dot that may end a full name. */
export function plainHost(name: string): string {
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | uint16(bytes, at + 1);
}
