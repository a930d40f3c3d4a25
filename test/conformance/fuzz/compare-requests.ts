import { METHODS } from "node:http";
import type { ReadMessage, Transcript } from "../transcript.ts";
import type { OracleMessage, OracleTranscript } from "./oracle.ts";
import { difference, same, type Verdict } from "./verdict.ts";

/** Where ours may take a message that llhttp did not give. Each says why that is safe; docs/conformance.md shows it. */
export const takenByOursOnly: readonly {
  because: string;
  holds(ours: ReadMessage, theirs: OracleTranscript): boolean;
}[] = [
  {
    because: "llhttp has a closed list of methods; our framing never depends on the method",
    holds: (ours, theirs) => theirs.error === "HPE_INVALID_METHOD" && !METHODS.includes(ours.method),
  },
  {
    because:
      "llhttp stops reading after any request with Upgrade, also where none may follow (two protocols, a POST, h2c); " +
      "ours does not forward such an Upgrade, so no worker can switch, and what follows is the next request",
    holds: (_, theirs) => theirs.error === "" && asksForUpgrade(theirs.messages.at(-1)),
  },
];

function asksForUpgrade(message: OracleMessage | undefined): boolean {
  return (
    message !== undefined && message.rawHeaders.some((text, at) => at % 2 === 0 && /^upgrade$/i.test(text))
  );
}

function sameMessage(ours: ReadMessage, theirs: OracleMessage): boolean {
  return (
    ours.method === theirs.method &&
    ours.target === theirs.target &&
    ours.body === theirs.body &&
    theirs.complete &&
    JSON.stringify(ours.fields.flat()) === JSON.stringify(theirs.rawHeaders) &&
    sameTrailers(ours, theirs.rawTrailers)
  );
}

/**
 * Ours drops those that docs/conformance.md says: of routing, of who asks and from where, of the content. Whatever else
 * llhttp gives must be there, in its order; and nothing that it does not give.
 */
const dropped =
  /^(age|authorization|cache-control|content-.*|cookie|expires|if-.*|location|max-forwards|pragma|range|retry-after|set-cookie|vary|warning|www-authenticate|forwarded|x-forwarded-.*|keep-alive|proxy-.*|te|trailer|via|date|x-request-id|x-real-ip|http2-settings|grpc-timeout|x-skein-.*|traceparent|tracestate)$/;

function sameTrailers({ trailers }: ReadMessage, theirs: readonly string[]): boolean {
  const lines = theirs.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${theirs[at + 1]}`] : []));
  const ours = trailers.split("\r\n").slice(0, -1);
  let next = 0;
  for (const line of lines) {
    if (line === ours[next]) next += 1;
    else if (!dropped.test(line.slice(0, line.indexOf(":")).toLowerCase().replaceAll("_", "-"))) return false;
  }
  return next === ours.length;
}

export function compareRequests(ours: Transcript, theirs: OracleTranscript): Verdict {
  for (const [index, message] of ours.messages.entries()) {
    const other = theirs.messages[index];
    if (other === undefined) {
      if (takenByOursOnly.some((exception) => exception.holds(message, theirs))) return same;
      return difference(`a message is accepted by ours only (llhttp: ${theirs.error})`);
    }
    if (!sameMessage(message, other)) return difference("a message differs");
  }
  return compareEnds(ours, theirs);
}

/** All messages that ours accepted are the same; what of the rest? */
function compareEnds(ours: Transcript, theirs: OracleTranscript): Verdict {
  const refusedHere = theirs.messages[ours.messages.length];
  if (ours.failure !== undefined) {
    // Taken: its head at least, and nothing wrong was found in its body, unless it was not looked at (see `takenByOursOnly`).
    const taken = refusedHere !== undefined && (refusedHere.complete || unharmed(theirs));
    if (ours.rest === "body" && asksForUpgrade(refusedHere)) return same;
    return taken ? { kind: "stricter", detail: ours.failure.detail } : same;
  }
  const last = ours.messages.at(-1);
  if (ours.leftover > 0 || (last !== undefined && last.upgrade !== "")) return same;
  if (refusedHere?.complete === true) return difference("llhttp sees more messages");
  if (ours.rest === "nothing" && theirs.error !== "") {
    return difference(`ours takes all, llhttp says ${theirs.error}`);
  }
  if (ours.rest === "body" && !unharmed(theirs)) {
    const unknownMethod = refusedHere === undefined && theirs.error === "HPE_INVALID_METHOD";
    return unknownMethod ? same : difference(`ours waits for the body, llhttp says ${theirs.error}`);
  }
  return same;
}

function unharmed({ error }: OracleTranscript): boolean {
  return error === "" || error === "unfinished";
}
