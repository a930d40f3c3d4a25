import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Which host this is, only to be compared: processes to which a loopback address means the same place have the same.
 * Containers share a kernel, but each has a network of its own.
 */
export function hostIdentity(): string {
  return [bootOr(hostname()), networkOr("")].join("/");
}

function bootOr(otherwise: string): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return otherwise;
  }
}

function networkOr(otherwise: string): string {
  try {
    return readlinkSync("/proc/self/ns/net");
  } catch {
    return otherwise;
  }
}
