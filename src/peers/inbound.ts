import type { PeerFrame, PeerItem } from "../protocol/peer.ts";

const frameKinds: ReadonlySet<string> = new Set<PeerFrame["t"]>(["hello", "snapshot", "news", "alive"]);
const itemKinds: ReadonlySet<string> = new Set<PeerItem["kind"]>([
  "heartbeat",
  "session",
  "left",
  "draining",
  "generation",
  "evidence",
  "statistics",
  "event",
]);

/**
 * A frame from a peer, or undefined when it is none. Peers are processes of the same gateway, but during an upgrade
 * of another version: items of a kind that we do not know are left out.
 */
export function parsePeerFrame(text: string): PeerFrame | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed) || typeof parsed["t"] !== "string" || !frameKinds.has(parsed["t"])) return undefined;
  const frame = parsed as unknown as PeerFrame;
  switch (frame.t) {
    case "hello":
      return isHello(frame) ? frame : undefined;
    case "alive":
      return isLeadership(frame) ? frame : undefined;
    case "news":
      return isLeadership(frame) && Array.isArray(frame.items)
        ? { ...frame, items: frame.items.filter(isKnownItem) }
        : undefined;
    case "snapshot":
      return Array.isArray(frame.items) ? { ...frame, items: frame.items.filter(isKnownItem) } : undefined;
  }
}

function isHello(frame: Extract<PeerFrame, { t: "hello" }>): boolean {
  const texts: unknown[] = [frame.controller, frame.name, frame.url];
  return frame.v === 1 && isLeadership(frame) && texts.every((text) => typeof text === "string");
}

function isLeadership(frame: { term: unknown; leader: unknown }): boolean {
  return Number.isSafeInteger(frame.term) && typeof frame.leader === "boolean";
}

function isKnownItem(item: unknown): boolean {
  return isRecord(item) && typeof item["kind"] === "string" && itemKinds.has(item["kind"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
