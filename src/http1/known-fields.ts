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
  /** One of the above, written with `_` for `-`: some servers take it for the real one, so it is never forwarded. */
  disguised: 24,
  /** Named by Connection: meant for this hop only. */
  nominated: 25,
} as const;

export type KnownField = (typeof known)[keyof typeof known];

/** Kinds are small: the tables below are indexed by them. */
export const kinds = 26;

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
};

const forwardedFamily = "x-forwarded-";
const lengthBitsMax = 31;
const nameByKey: string[] = Array.from({ length: 1 << 15 }, () => "");
const kindByKey = new Uint8Array(1 << 15);

function key(length: number, first: number, last: number): number {
  return (length << 10) | ((first & 31) << 5) | (last & 31);
}

for (const [name, kind] of Object.entries(names)) {
  const slot = key(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
  if (kindByKey[slot] !== 0) throw new Error(`two known fields share a key: ${name} and ${nameByKey[slot]}`);
  kindByKey[slot] = kind;
  nameByKey[slot] = name;
}

const different = 0;
const same = 1;
const sameButUnderscores = 2;

/** Compares without case, and with `_` for `-`. `name` is in lower case. */
function compare(text: string, start: number, name: string): number {
  let result = same;
  for (let index = 0; index < name.length; index++) {
    const got = text.charCodeAt(start + index);
    const want = name.charCodeAt(index);
    if (got === want || (got | 0x20) === want) continue;
    if (want !== 0x2d || got !== 0x5f) return different;
    result = sameButUnderscores;
  }
  return result;
}

/** The kind of the field whose name is `text` from `start` to `end`. */
export function knownField(text: string, start: number, end: number): KnownField {
  const length = end - start;
  const first = text.charCodeAt(start);
  if (length <= lengthBitsMax) {
    const slot = key(length, first, text.charCodeAt(end - 1));
    const kind = kindByKey[slot]!;
    if (kind !== 0) {
      const result = compare(text, start, nameByKey[slot]!);
      if (result === same) return kind as KnownField;
      if (result === sameButUnderscores) return known.disguised;
    }
  }
  if ((first | 0x20) !== 0x78 || length < forwardedFamily.length) return known.other;
  const result = compare(text, start, forwardedFamily);
  if (result === different) return known.other;
  return result === same && text.indexOf("_", start + forwardedFamily.length - 1) === -1
    ? known.xForwardedOther
    : known.disguised;
}
