import { consistsOf, targetBytes, tokenBytes } from "./bytes.ts";
import { dropTable, keptLines } from "./field-lines.ts";
import type { RequestHead } from "./head.ts";
import { known } from "./known-fields.ts";
import type { Origin } from "./origin.ts";
import { viaFields } from "./origin.ts";
import type { RequestId } from "./request-id.ts";

export interface RequestForwarding {
  origin: Origin;
  /** Path and query in place of those received (a rewritten prefix); undefined: as received. */
  target: string | undefined;
  /** Overwrites X-Request-Id; undefined: what was received is kept. */
  requestId: RequestId | undefined;
  /** How long the answer is waited for, as `x-skein-budget` says it; undefined: nothing is said of it here. */
  budget: string | undefined;
  /** The protocol to upgrade to: `head.upgrade` when the route allows it, else empty (Upgrade is not forwarded). */
  upgrade: string;
  /** The trace context that came is left out: whoever sends the request puts another in its place. */
  traced: boolean;
}

const hopByHop = [
  known.connection,
  known.transferEncoding,
  known.upgrade,
  known.te,
  known.keepAlive,
  known.proxyConnection,
  known.proxyAuthorization,
  known.proxyAuthenticate,
  known.proxyAuthenticationInfo,
  known.http2Settings,
  known.disguised,
  known.nominated,
  known.skeinBudget,
  known.skeinAttempt,
];

/** What the gateway joins its own element to, and what counts only from a trusted peer. */
const joined = [known.xForwardedFor, known.forwarded];
const trustedOnly = [known.xForwardedProto, known.xForwardedHost, known.xForwardedOther, known.xRealIp];

const trace = [known.traceparent, known.tracestate];

const choice = { trusted: 1, requestId: 2, chunked: 4, expects: 8, counted: 16, traced: 32 } as const;

/** By the or-ed choices: which kinds are left out. */
const dropTables: readonly Uint8Array[] = Array.from({ length: 64 }, (_, choices) =>
  dropTable(
    ...hopByHop,
    ...joined,
    ...((choices & choice.trusted) === 0 ? trustedOnly : []),
    ...((choices & choice.requestId) === 0 ? [] : [known.xRequestId]),
    ...((choices & choice.chunked) === 0 ? [known.trailer] : []),
    ...((choices & choice.expects) === 0 ? [known.expect] : []),
    ...((choices & choice.counted) === 0 ? [] : [known.maxForwards]),
    ...((choices & choice.traced) === 0 ? [] : trace),
  ),
);

/**
 * The head as it goes to the worker, built anew: request line, the fields that are not for one hop only, and what
 * the gateway adds. The framing is that of the request. Throws on bytes that may not stand where they are put. Not
 * for a request whose `maxForwards` is 0: it ends here.
 */
export function writeRequestHead(head: RequestHead, forwarding: RequestForwarding): string {
  const { origin, target, requestId, budget, upgrade, traced } = forwarding;
  const choices =
    (origin.trusted ? choice.trusted : 0) |
    (requestId === undefined ? 0 : choice.requestId) |
    (head.framing === "chunked" ? choice.chunked : 0) |
    (head.expectContinue ? choice.expects : 0) |
    (head.maxForwards === Infinity ? 0 : choice.counted) |
    (traced ? choice.traced : 0);
  const sameLine = target === undefined && head.minor === 1 && head.target.charCodeAt(0) === 0x2f;
  let text = keptLines(
    head,
    dropTables[choices]!,
    sameLine ? "" : requestLine(head, target),
    sameLine ? 0 : head.lineAt(0),
  );
  text += origin.trusted ? addedOrigin(head, origin) : origin.fields(head.authority);
  text += viaFields[head.minor];
  if (requestId !== undefined) text += `X-Request-Id: ${requestId}\r\n`;
  if (budget !== undefined) text += `x-skein-budget: ${budget}\r\n`;
  if (head.maxForwards !== Infinity) text += `Max-Forwards: ${head.maxForwards - 1}\r\n`;
  if (head.framing === "chunked") text += "Transfer-Encoding: chunked\r\n";
  if (upgrade !== "") text += upgradeFields(upgrade);
  return `${text}\r\n`;
}

function requestLine(head: RequestHead, target: string | undefined): string {
  const forwarded = target ?? head.path + head.query;
  if (target !== undefined && (!consistsOf(target, targetBytes) || !target.startsWith("/"))) {
    throw new Error("the rewritten target has a byte that it may not have");
  }
  return `${head.method} ${forwarded} HTTP/1.1\r\n`;
}

export function upgradeFields(protocol: string): string {
  if (!consistsOf(protocol, tokenBytes)) throw new Error("the protocol to upgrade to is not a token");
  return `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
}

/** For a trusted peer: its own words stay, ours come after them. */
function addedOrigin(head: RequestHead, origin: Origin): string {
  let text =
    joinedLine(head, known.xForwardedFor, "X-Forwarded-For", origin.address) +
    joinedLine(head, known.forwarded, "Forwarded", origin.forwardedElement(head.authority));
  if (!head.has(known.xForwardedProto)) text += `X-Forwarded-Proto: ${origin.protocol}\r\n`;
  if (!head.has(known.xForwardedHost)) text += `X-Forwarded-Host: ${head.authority}\r\n`;
  return text;
}

function joinedLine(head: RequestHead, kind: number, name: string, last: string): string {
  let value = "";
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.kinds[index] !== kind) continue;
    const received = head.fieldValue(index);
    if (received !== "") value += `${received}, `;
  }
  return `${name}: ${value}${last}\r\n`;
}
