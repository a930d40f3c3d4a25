import type { Evidence, EvidenceKind } from "../protocol/evidence.ts";
import type { LinkAddress } from "../protocol/heartbeat.ts";
import type { PeerItem, PeerState, PeerWorker } from "../protocol/peer.ts";

const evidenceKinds: ReadonlySet<unknown> = new Set<EvidenceKind>([
  "refused",
  "reset",
  "connect-timeout",
  "stalled",
  "silent",
  "failing",
  "answered",
]);

const states: ReadonlySet<unknown> = new Set<PeerState["state"]>([
  "live",
  "suspect",
  "draining",
  "left",
  "dead",
]);

/** Longest texts: as the control API takes them from workers, or longer. */
const max = { name: 128, address: 300, text: 200, tags: 32, metadata: 32, metadataText: 4096 };

type Fields = Record<string, unknown>;

/**
 * An item of a peer, or undefined where it is none that is known and whole. A peer is a process of the cluster, but it
 * may be of another version, or in other hands than it should be: nothing in it is used unseen.
 */
export function parsePeerItem(value: unknown): PeerItem | undefined {
  if (!isRecord(value) || !isSound(value)) return undefined;
  return value as unknown as PeerItem;
}

function isSound(item: Fields): boolean {
  switch (item["kind"]) {
    case "heartbeat":
      return isWorker(item["beat"]) && isRecord(item["load"]) && isLoad(item["load"]);
    case "session":
      return isWorker(item["worker"]) && isFlag(item["held"]) && isFlag(item["blocked"]);
    case "left":
    case "draining":
      return isLife(item);
    case "generation":
      return isLife(item) && optional(item["left"], isFlag);
    case "state":
      return isLife(item) && isState(item);
    case "evidence":
      return Array.isArray(item["items"]) && item["items"].every(isEvidence);
    case "statistics":
      return isRecord(item["report"]) && isName(item["report"]["proxy"]);
    case "proxy-here":
      return isName(item["proxy"]);
    case "event":
      return isRecord(item["event"]);
    default:
      return false;
  }
}

function isWorker(value: unknown): value is PeerWorker {
  if (!isRecord(value) || !isLife(value)) return false;
  const { address, ttlMs, weight, version, zone, tags, metadata, maxInFlight, keepAliveMs, link } = value;
  return (
    isText(address, max.address) &&
    isAmount(ttlMs) &&
    isAmount(weight) &&
    optional(version, (one) => isText(one, max.text)) &&
    optional(zone, (one) => isText(one, max.text)) &&
    Array.isArray(tags) &&
    tags.length <= max.tags &&
    tags.every((tag) => isText(tag, max.text)) &&
    isMetadata(metadata) &&
    optional(maxInFlight, isAmount) &&
    optional(keepAliveMs, isAmount) &&
    optional(link, isLink)
  );
}

function isLife({ service, id, generation, begunAtMs }: Fields): boolean {
  return isName(service) && isName(id) && isCount(generation) && optional(begunAtMs, isAmount);
}

function isState({ state, cause, forMs, atLeast }: Fields): boolean {
  const isCause = (value: unknown): boolean => isText(value, max.name);
  return states.has(state) && optional(cause, isCause) && isAmount(forMs) && isFlag(atLeast);
}

function isEvidence(value: unknown): value is Evidence {
  if (!isRecord(value)) return false;
  const { service, id, address, generation, kind } = value;
  const isOfOne = isName(service) && isName(id) && isText(address, max.address) && isCount(generation);
  return isOfOne && evidenceKinds.has(kind);
}

function isLoad(load: Fields): boolean {
  return Object.values(load).every((value) => value === undefined || isAmount(value));
}

function isMetadata(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= max.metadata &&
    entries.every(([key, one]) => isText(key, max.name) && isText(one, max.metadataText))
  );
}

function isLink(value: unknown): value is LinkAddress {
  if (!isRecord(value)) return false;
  const { port, key, sealed } = value;
  if (sealed !== undefined && sealed !== true) return false;
  return isCount(port) && port >= 1 && port <= 65_535 && isText(key, 64) && /^[0-9a-f]{64}$/.test(key);
}

/** Letters, digits and marks: nothing that could be taken for another thing in a key, a path or a terminal. */
function isName(value: unknown): value is string {
  return isText(value, max.name) && /^[A-Za-z0-9[][A-Za-z0-9._:@[\]-]*$/.test(value);
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax && !/\p{Cc}/u.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function optional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
