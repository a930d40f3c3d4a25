const portMax = 65_535;
const hostLengthMax = 255;

/** A valid host with an optional port, lower case. */
export interface Authority {
  /** Without port, without the dot that may end a full name, IPv6 in brackets. */
  host: string;
  /** With port. */
  authority: string;
}

/**
 * `host`, `host:port`, `[IPv6]`, `[IPv6]:port`; undefined for anything else. Stricter than the grammar: a name
 * has letters, digits, `-`, `_` and `.` only, no label is empty, a port has digits. No user information.
 */
export function readAuthority(text: string): Authority | undefined {
  const authority = text.toLowerCase();
  const colon = authority.startsWith("[")
    ? authority.indexOf(":", authority.indexOf("]"))
    : authority.indexOf(":");
  const host = colon === -1 ? authority : authority.slice(0, colon);
  if (colon !== -1 && !isPort(authority, colon + 1)) return undefined;
  if (host.length > hostLengthMax) return undefined;
  if (host.startsWith("[")) return isIpv6Literal(host) ? { host, authority } : undefined;
  if (!isName(host)) return undefined;
  return { host: host.endsWith(".") ? host.slice(0, -1) : host, authority };
}

function isPort(text: string, from: number): boolean {
  const digits = text.length - from;
  if (digits < 1 || digits > 5) return false;
  let port = 0;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= portMax;
}

/** Labels of letters, digits, `-` and `_`, none empty; one dot may end it. Lower case is given. */
function isName(host: string): boolean {
  let labelLength = 0;
  for (let at = 0; at < host.length; at++) {
    const code = host.charCodeAt(at);
    if (code === 0x2e) {
      if (labelLength === 0) return false;
      labelLength = 0;
    } else if (isDigit(code) || (code >= 0x61 && code <= 0x7a) || code === 0x2d || code === 0x5f) {
      labelLength++;
    } else {
      return false;
    }
  }
  return host.length > 0 && (labelLength > 0 || host.length > 1);
}

/** Bytes and shape only: hexadecimal digits, colons and dots between brackets. Nothing is connected to by it. */
function isIpv6Literal(host: string): boolean {
  if (!host.endsWith("]") || host.length < 4) return false;
  let colons = 0;
  for (let at = 1; at < host.length - 1; at++) {
    const code = host.charCodeAt(at);
    if (code === 0x3a) colons++;
    else if (!isDigit(code) && !(code >= 0x61 && code <= 0x66) && code !== 0x2e) return false;
  }
  return colons >= 2 && colons <= 7;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
