import type * as v from "valibot";
import type { LinkAddress, Load } from "../protocol/heartbeat.ts";
import type { heartbeatSchema } from "./schema.ts";

/** A worker that asks to be registered, its address already allowed and resolved. */
export interface RegistrationRequest {
  service: string;
  id: string;
  address: string;
  weight: number;
  tags: string[];
  metadata: Record<string, string>;
  ttlMs?: number;
  generation?: number;
  begunAtMs?: number;
  version?: string;
  zone?: string;
  maxInFlight?: number;
  keepAliveMs?: number;
  link?: LinkAddress;
}

export interface Accepted {
  generation: number;
  /** Of a session. */
  begunAtMs?: number;
  ttlMs: number;
  heartbeatEveryMs: number;
  desired: "serve" | "drain";
}

/** The controller's hold on a worker's session. */
export interface SessionSocket {
  ping(): void;
  desired(desired: "serve" | "drain"): void;
  pace(heartbeatEveryMs: number, ttlMs: number): void;
  close(code: string, detail: string, final: boolean): void;
}

/** The session's hold on the registry. */
export interface SessionTaken {
  accepted: Accepted;
  beat(load: Load | undefined): void;
  blocked(): void;
  unblocked(): void;
  drain(confirmed: () => void): void;
  leave(): void;
  lost(): void;
}

type Wishes = Omit<v.InferOutput<typeof heartbeatSchema>, "load"> & {
  begunAtMs?: number | undefined;
  link?: LinkAddress | undefined;
};

/** What a worker said, with its allowed address; the rest has its defaults. */
export function requestOf(wishes: Wishes, address: string): RegistrationRequest {
  const request: RegistrationRequest = {
    service: wishes.service,
    id: wishes.id ?? wishes.address,
    address,
    weight: wishes.weight ?? 1,
    tags: wishes.tags ?? [],
    metadata: wishes.metadata ?? {},
  };
  const { ttlMs, generation, begunAtMs, version, zone, maxInFlight, keepAliveMs, link } = wishes;
  if (ttlMs !== undefined) request.ttlMs = ttlMs;
  if (generation !== undefined) request.generation = generation;
  if (begunAtMs !== undefined) request.begunAtMs = begunAtMs;
  if (version !== undefined) request.version = version;
  if (zone !== undefined) request.zone = zone;
  if (maxInFlight !== undefined) request.maxInFlight = maxInFlight;
  if (keepAliveMs !== undefined) request.keepAliveMs = keepAliveMs;
  if (link !== undefined) request.link = link;
  return request;
}

const loadFields = ["inFlight", "eventLoopDelayP99Ms", "eventLoopUtilization", "memoryBytes"] as const;

/** By hand: this runs with every beat of every worker. What is no number from 0 up is left out. */
export function loadOf(value: unknown): Load {
  const load: Load = {};
  if (typeof value !== "object" || value === null) return load;
  for (const name of loadFields) {
    const field = (value as Record<string, unknown>)[name];
    if (typeof field === "number" && field >= 0 && field <= Number.MAX_SAFE_INTEGER) load[name] = field;
  }
  return load;
}
