import type { EvidenceKind } from "./events.ts";

/**
 * What the proxies of another gateway see holds for their way to a worker; from here it may be reached all the same. So
 * it takes nobody out here, and asks what can be asked at once: of an address whether it is listened at, of a session
 * whether the process runs. A worker that is dead or stopped fails that within milliseconds. Undefined: says nothing of
 * the way from here.
 */
export function fromElsewhere(kind: EvidenceKind): EvidenceKind | undefined {
  switch (kind) {
    case "refused":
    case "reset":
      return "reset";
    case "stalled":
    case "silent":
      return "silent";
    case "connect-timeout":
    case "failing":
    case "answered":
      return undefined;
  }
}
