import type { ControllerFrame } from "../protocol/session.ts";
import { heartbeatDefaults } from "../protocol/heartbeat.ts";
import { parseControllerUrl } from "./controller-url.ts";

/** No more are remembered, whatever we are told: as many as a cluster may have. */
export const controllersMax = 64;
const proofCharactersMax = 100;
/** However large a crowd: one session alone is one controller's death from none. */
export const othersWithinMsMax = 60_000;

/**
 * What a controller sent, or undefined: not JSON, or of a kind that this version does not know (a newer controller
 * may say more; that is no error). By hand and not by a schema library: this runs inside the user's service.
 */
export function parseControllerFrame(text: string): ControllerFrame | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof raw !== "object" || raw === null) return undefined;
  const frame = raw as Record<string, unknown>;
  switch (frame["t"]) {
    case "welcome":
      return welcome(frame);
    case "desired": {
      const term = count(frame["term"]);
      return term === undefined ? undefined : { t: "desired", term, desired: desired(frame["desired"]) };
    }
    case "controllers":
      return { t: "controllers", controllers: controllers(frame["controllers"]) };
    case "pace":
      return { t: "pace", ...pace(frame) };
    case "proof": {
      const given = proof(frame["proof"]);
      return given === undefined ? undefined : { t: "proof", proof: given };
    }
    case "draining":
      return { t: "draining" };
    case "ping": {
      const n = frame["n"];
      return typeof n === "number" ? { t: "ping", n } : undefined;
    }
    case "refused":
      return {
        t: "refused",
        code: sentence(frame["code"], "refused"),
        detail: sentence(frame["detail"], "the controller gave no reason"),
        final: frame["final"] === true,
        retryAfterMs: Math.min(60_000, count(frame["retryAfterMs"]) ?? 0),
      };
    default:
      return undefined;
  }
}

function welcome(frame: Record<string, unknown>): ControllerFrame | undefined {
  const term = count(frame["term"]);
  const generation = count(frame["generation"]);
  const controller = frame["controller"];
  if (term === undefined || generation === undefined || typeof controller !== "string") return undefined;
  const url = parseControllerUrl(frame["url"]);
  const begunAtMs = count(frame["begunAtMs"]);
  const given = proof(frame["proof"]);
  const othersWithinMs = count(frame["othersWithinMs"]);
  return {
    t: "welcome",
    v: 1,
    controller,
    ...(url === undefined ? {} : { url }),
    term,
    generation,
    ...(begunAtMs === undefined ? {} : { begunAtMs }),
    ...(given === undefined ? {} : { proof: given }),
    ...pace(frame),
    desired: desired(frame["desired"]),
    controllers: controllers(frame["controllers"]),
    ...(othersWithinMs === undefined ? {} : { othersWithinMs: Math.min(othersWithinMsMax, othersWithinMs) }),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** It is sent back as it is, and a hello must not become too long. */
function proof(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= proofCharactersMax ? value : undefined;
}

function desired(value: unknown): "serve" | "drain" {
  return value === "drain" ? "drain" : "serve";
}

/** Between 100 ms and an hour: neither a flood nor silence can be asked for. */
function pace(frame: Record<string, unknown>): { heartbeatEveryMs: number; ttlMs: number } {
  const within = (value: unknown, otherwise: number): number =>
    Math.min(3_600_000, Math.max(100, count(value) ?? otherwise));
  return {
    heartbeatEveryMs: within(frame["heartbeatEveryMs"], heartbeatDefaults.everyMs),
    ttlMs: within(frame["ttlMs"], heartbeatDefaults.ttlMs),
  };
}

function controllers(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const urls = value.slice(0, controllersMax).map(parseControllerUrl);
  return [...new Set(urls.filter((url) => url !== undefined))];
}

/** Goes to a terminal: no control characters, and not without end. */
function sentence(value: unknown, otherwise: string): string {
  if (typeof value !== "string" || value === "") return otherwise;
  return value.slice(0, 500).replaceAll(/\p{Cc}/gu, " ");
}
