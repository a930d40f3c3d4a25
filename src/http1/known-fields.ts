/**
 * Fields that the gateway acts on, found by name without making strings: length, first and last character give
 * at most one candidate, which is then compared.
 */
export const known = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  expect: 5,
  upgrade: 6,
  te: 7,
  trailer: 8,
  keepAlive: 9,
  proxyConnection: 10,
  proxyAuthorization: 11,
  proxyAuthenticate: 12,
  proxyAuthenticationInfo: 13,
  http2Settings: 14,
  xForwardedFor: 15,
  xForwardedProto: 16,
  xForwardedHost: 17,
  /** Any other X-Forwarded-*. */
  xForwardedOther: 18,
  forwarded: 19,
  xRealIp: 20,
  via: 21,
  xRequestId: 22,
  date: 23,
  maxForwards: 24,
  /** One of the above, written with `_` for `-`: some servers take it for the real one, so it is never forwarded. */
  disguised: 25,
  /** Named by Connection: meant for this hop only. */
  nominated: 26,
  /** What the hops of a request tell each other. */
  skeinBudget: 27,
  skeinAttempt: 28,
  grpcTimeout: 29,
  /** Where the request stands in its trace. */
  traceparent: 30,
  tracestate: 31,
} as const;

export type KnownField = (typeof known)[keyof typeof known];

/** Kinds are small: tables are indexed by them, and they fit into the bits of an integer. */
export const kinds = 32;

const names: Record<string, KnownField> = {
  host: known.host,
  connection: known.connection,
  "content-length": known.contentLength,
  "transfer-encoding": known.transferEncoding,
  expect: known.expect,
  upgrade: known.upgrade,
  te: known.te,
  trailer: known.trailer,
  "keep-alive": known.keepAlive,
  "proxy-connection": known.proxyConnection,
  "proxy-authorization": known.proxyAuthorization,
  "proxy-authenticate": known.proxyAuthenticate,
  "proxy-authentication-info": known.proxyAuthenticationInfo,
  "http2-settings": known.http2Settings,
  "x-forwarded-for": known.xForwardedFor,
  "x-forwarded-proto": known.xForwardedProto,
  "x-forwarded-host": known.xForwardedHost,
  forwarded: known.forwarded,
  "x-real-ip": known.xRealIp,
  via: known.via,
  "x-request-id": known.xRequestId,
  date: known.date,
  "max-forwards": known.maxForwards,
  "x-skein-budget": known.skeinBudget,
  "x-skein-attempt": known.skeinAttempt,
  "grpc-timeout": known.grpcTimeout,
  traceparent: known.traceparent,
  tracestate: known.tracestate,
};

const forwardedFamily: Uint8Array = Buffer.from("x-forwarded-", "latin1");
const hyphen = 0x2d;
const underscore = 0x5f;
const namesByKind: Uint8Array[] = Array.from({ length: kinds }, () => new Uint8Array(0));
const slots = 256;
const kindBySlot = new Uint8Array(slots);

/** Chosen so that no two known names share a slot; checked below. */
function slotOf(length: number, first: number, last: number): number {
  return (length * 1 + (first & 31) * 20 + (last & 31)) & (slots - 1);
}

for (const [name, kind] of Object.entries(names)) {
  const slot = slotOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
  if (kindBySlot[slot] !== 0) throw new Error(`two known fields share a slot: ${name}`);
  kindBySlot[slot] = kind;
  namesByKind[kind] = Buffer.from(name, "latin1");
}

const different = 0;
const same = 1;
const sameButUnderscores = 2;

/** Compares without case, and with `_` for `-`. `name` is in lower case. */
function compare(bytes: Uint8Array, start: number, name: Uint8Array): number {
  let result = same;
  for (let index = 0; index < name.length; index++) {
    const got = bytes[start + index]!;
    const want = name[index]!;
    if (got === want || (got | 0x20) === want) continue;
    if (want !== hyphen || got !== underscore) return different;
    result = sameButUnderscores;
  }
  return result;
}

/** The kind of the field whose name is `bytes` from `start` to `end`. */
export function knownField(bytes: Uint8Array, start: number, end: number): KnownField {
  const length = end - start;
  const first = bytes[start]!;
  const kind = kindBySlot[slotOf(length, first, bytes[end - 1]!)]!;
  if (kind !== 0 && namesByKind[kind]!.length === length) {
    const result = compare(bytes, start, namesByKind[kind]!);
    if (result === same) return kind as KnownField;
    if (result === sameButUnderscores) return known.disguised;
  }
  if ((first | 0x20) !== 0x78 || length < forwardedFamily.length) return known.other;
  return inForwardedFamily(bytes, start, end);
}

function inForwardedFamily(bytes: Uint8Array, start: number, end: number): KnownField {
  const result = compare(bytes, start, forwardedFamily);
  if (result === different) return known.other;
  const underscoreAt = bytes.indexOf(underscore, start);
  return underscoreAt === -1 || underscoreAt >= end ? known.xForwardedOther : known.disguised;
}
