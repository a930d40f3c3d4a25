import type { PeerAnswer, PeerFrame, PeerHome, PeerItem, PeerRequest } from "../protocol/peer.ts";
import { parsePeerItem } from "./parse-item.ts";

const frameKinds: ReadonlySet<string> = new Set<PeerFrame["t"]>([
  "hello",
  "snapshot",
  "news",
  "alive",
  "ask",
  "answer",
]);

/** Longest name, address or home that a hello may tell. */
const textMax = 300;
const targetMax = 2_000;
const headersMax = 10;

/** A frame from a peer, or undefined when it is none. Items that are not known, or not whole, are left out. */
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
        ? { ...frame, items: itemsOf(frame.items) }
        : undefined;
    case "snapshot":
      return Array.isArray(frame.items) ? { ...frame, items: itemsOf(frame.items) } : undefined;
    case "ask":
      return Number.isSafeInteger(frame.n) && isRequest(frame.request) ? frame : undefined;
    case "answer":
      return Number.isSafeInteger(frame.n) && isAnswer(frame.answer) ? frame : undefined;
  }
}

function isHello(frame: Extract<PeerFrame, { t: "hello" }>): boolean {
  const texts: unknown[] = [frame.controller, frame.name, frame.url];
  const home = frame.home === undefined || isHome(frame.home);
  return frame.v === 1 && isLeadership(frame) && texts.every(isText) && home;
}

function isHome(home: PeerHome): boolean {
  return isRecord(home) && isText(home.gateway) && isText(home.host);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= textMax;
}

function isLeadership(frame: { term: unknown; leader: unknown }): boolean {
  return Number.isSafeInteger(frame.term) && typeof frame.leader === "boolean";
}

function itemsOf(items: readonly unknown[]): PeerItem[] {
  return items.map(parsePeerItem).filter((item) => item !== undefined);
}

function isRequest(request: PeerRequest): boolean {
  if (!isRecord(request)) return false;
  const { method, target, body, worker } = request;
  const isTarget = typeof target === "string" && target.startsWith("/v1/") && target.length <= targetMax;
  const isWorker = worker === undefined || (isRecord(worker) && isText(worker.service) && isText(worker.id));
  return (method === "POST" || method === "DELETE") && isTarget && isWorker && typeof body === "string";
}

function isAnswer(answer: PeerAnswer): boolean {
  if (!isRecord(answer) || !isRecord(answer.headers)) return false;
  const { status, headers, body } = answer;
  const values: unknown[] = Object.values(headers);
  const areTexts = values.length <= headersMax && values.every(isText);
  return Number.isInteger(status) && status >= 200 && status <= 599 && areTexts && typeof body === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
