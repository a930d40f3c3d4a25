import { type Cause, isMessageCause } from "./cause.ts";
import type { RequestRecord } from "./record.ts";
import { duration, limit, type Words } from "./words.ts";

/** What a client has to do, or an operator for it, where that is more than to correct the message. */
const remedies: Partial<Record<Cause, (record: RequestRecord) => string>> = {
  "bad-path": () =>
    "Where %2f or %5c in paths is meant, `allowEncodedSlash` of the route takes it; `..` and %00 are never taken.",
  "head-too-large": (record) =>
    `Send fewer or shorter headers (cookies?), or raise ${limit(record, "limits.head", "number")} or ${limit(record, "limits.fields", "number")}.`,
  "target-too-long": (record) => `Send a shorter URL, or raise ${limit(record, "limits.target", "number")}.`,
  "body-too-large": (record) =>
    `Send a smaller body, or raise body of route '${record.route}' (${limit(record, "route.body", "number")}).`,
  "head-too-slow": (record) =>
    `A slow network, or a client that holds connections open on purpose. The limit is ${limit(record, "timeouts.head")}.`,
  "body-too-slow": (record) =>
    `A slow network, or a client that stopped. The limits are ${limit(record, "timeouts.stalledClient")} and limits.bodyPerSecond.`,
  "scheme-refused": () => "Connect by TLS, or name the TLS proxy in front in trustedProxies.",
  misdirected: () =>
    "The client must name the same host in TLS (SNI) and in Host; a proxy in front belongs into trustedProxies.",
  "plain-http": () => "Use https:// for this port, or let another listener redirect (`redirect`).",
  "method-refused": () => "CONNECT and TRACE are not forwarded.",
};

const titles: Partial<Record<Cause, string>> = {
  "bad-request": "is not valid HTTP/1.1",
  "bad-framing": "does not say unambiguously how long its body is, or the body breaks its framing",
  "bad-host": "does not have exactly one valid Host",
  "bad-path": "has a path that is ambiguous or climbs upwards",
  "plain-http": "came in clear to a port that takes HTTPS only",
  "method-refused": "has a method that is not forwarded",
  "scheme-refused": "names an https target over a connection without TLS",
  misdirected: "names another host than the TLS connection was opened for",
  "target-too-long": "has too long a target",
  "head-too-large": "has too large a head",
  "expectation-failed": "expects something else than 100-continue",
  "coding-unknown": "uses a transfer coding that is not supported",
  "version-refused": "is of an HTTP version that is not supported",
  "body-too-large": "has a larger body than its route allows",
  "head-too-slow": "did not come to the end of its head in time",
  "body-too-slow": "stopped within its body, or came too slowly",
};

/** Causes at the client, or in what it sent. */
export function explainClient(cause: Cause, record: RequestRecord): Words | undefined {
  const { client, detail } = record;
  if (isMessageCause(cause)) {
    return {
      what: `The request from ${client} ${titles[cause] ?? cause}${detail === undefined ? "" : ` (${detail})`}.`,
      rule:
        record.end === "cut"
          ? "The answer had begun: the client's connection was cut, so that a part of it is not taken for the whole, and the worker's work cancelled."
          : "What can be read in two ways, or exceeds a limit, is refused before a worker sees it, and the connection is closed.",
      todo:
        remedies[cause]?.(record) ?? "Correct the client that sent it: no setting makes the gateway take it.",
    };
  }
  switch (cause) {
    case "client-gone":
      return {
        what: `The client ${client} was gone ${duration(record.tookMs)} after it asked, ${where(record)}.`,
        rule: "A client that ends its connection is not waited for: the worker's work is cancelled at once.",
        todo: "Usually the client's own timeout: compare it with how long the worker takes.",
      };
    case "client-stalled":
      return {
        what: `The client ${client} took nothing of the answer for ${limit(record, "timeouts.stalledClient")}, ${where(record)}.`,
        rule: "A client that does not read is cut: what it does not take is held in memory.",
        todo: "Find why the client stops reading (a stopped process, a lost network), or raise timeouts.stalledClient.",
      };
    case "gateway-stopped":
      return {
        what: `This proxy ended ${duration(record.tookMs)} after the request came, ${where(record)}.`,
        rule: "A proxy that drains waits for what is in flight, at most for its drain time; the rest is cut.",
        todo: "Requests that last longer than the drain (streams, uploads) are cut by a stop or an upgrade: let clients connect again.",
      };
    case "internal":
      return {
        what: `The gateway met a fault of its own ${duration(record.tookMs)} after the request came, ${where(record)}.`,
        rule: "Such a fault costs the request that met it its connection, and nobody else anything.",
        todo: "The proxy's log has the error: please report it.",
      };
    default:
      return undefined;
  }
}

function where({ tries, headMs, bytesOut, service, queuedMs }: RequestRecord): string {
  const worker = tries.at(-1)?.worker;
  if (headMs !== undefined) return `within the answer of ${service}/${worker} (${bytesOut} bytes had come)`;
  if (worker !== undefined) return `while ${service}/${worker} had the request`;
  return `while it waited for a worker (${duration(queuedMs)})`;
}
