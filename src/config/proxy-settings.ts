import { resolve as resolvePath } from "node:path";
import type { ProxySettings, RequestSettings } from "../protocol/configuration.ts";
import { headLimitsMax } from "../protocol/head-limits.ts";
import { isRange } from "./address.ts";
import type { SkeinConfig } from "./config.ts";
import { proxyDefaults } from "./defaults.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { readCount, readDuration, readSize, readWithin } from "./quantities.ts";

/** What holds for every request, whatever its route. */
export function resolveProxy(
  config: SkeinConfig,
  { hints, logDirectory }: { hints: boolean; logDirectory: string },
  issues: Issues,
): ProxySettings {
  const { retryBudget = {} } = config;
  const defaults = proxyDefaults;
  const ratio = { min: 0, max: 10 };
  const many = { min: 0, max: 1_000_000 };
  return {
    trustedProxies: resolveRanges(config.trustedProxies ?? [], ["trustedProxies"], issues),
    limits: resolveLimits(config.limits ?? {}, issues),
    timeouts: resolveTimeouts(config.timeouts ?? {}, issues),
    retryBudget: {
      ratio: readWithin(
        retryBudget.ratio,
        defaults.retryBudget.ratio,
        ["retryBudget", "ratio"],
        issues,
        ratio,
      ),
      reserve: readWithin(
        retryBudget.reserve,
        defaults.retryBudget.reserve,
        ["retryBudget", "reserve"],
        issues,
        many,
      ),
      perSecondMin: readWithin(
        retryBudget.perSecond,
        defaults.retryBudget.perSecondMin,
        ["retryBudget", "perSecond"],
        issues,
        many,
      ),
    },
    accessLog: resolveAccessLog(config.accessLog, logDirectory),
    accessLogLines: resolveLogLines(config.accessLog, issues),
    requests: resolveRequests(config.requests ?? {}, issues),
    errorPages: config.errorPages ?? defaults.errorPages,
    hints,
  };
}

function resolveLimits(written: NonNullable<SkeinConfig["limits"]>, issues: Issues): ProxySettings["limits"] {
  const defaults = proxyDefaults.limits;
  const at = (key: string): KeyPath => ["limits", key];
  const head = { min: 1_024, max: headLimitsMax.headBytesMax };
  const body = { min: 0, max: 16_777_216 };
  const fields = { min: 10, max: headLimitsMax.fieldsMax };
  const many = { min: 1, max: 10_000_000 };
  return {
    headBytesMax: readSize(written.head, defaults.headBytesMax, at("head"), issues, head),
    fieldsMax: readCount(written.fields, defaults.fieldsMax, at("fields"), issues, fields),
    targetBytesMax: readSize(written.target, defaults.targetBytesMax, at("target"), issues, {
      min: 256,
      max: headLimitsMax.targetBytesMax,
    }),
    requestsPerConnectionMax: readCount(
      written.requestsPerConnection,
      defaults.requestsPerConnectionMax,
      at("requestsPerConnection"),
      issues,
      many,
    ),
    connectionAgeMsMax: readDuration(
      written.connectionAge,
      defaults.connectionAgeMsMax,
      at("connectionAge"),
      issues,
    ),
    replayBodyBytesMax: readSize(
      written.replayBody,
      defaults.replayBodyBytesMax,
      at("replayBody"),
      issues,
      body,
    ),
    bodyBytesPerSecondMin: readSize(
      written.bodyPerSecond,
      defaults.bodyBytesPerSecondMin,
      at("bodyPerSecond"),
      issues,
      body,
    ),
    workerHeadBytesMax: readSize(
      written.workerHead,
      defaults.workerHeadBytesMax,
      at("workerHead"),
      issues,
      head,
    ),
    workerFieldsMax: readCount(
      written.workerFields,
      defaults.workerFieldsMax,
      at("workerFields"),
      issues,
      fields,
    ),
    connectionsMax: readCount(written.connections, defaults.connectionsMax, at("connections"), issues, many),
    connectionsPerAddressMax: readCount(
      written.connectionsPerAddress,
      defaults.connectionsPerAddressMax,
      at("connectionsPerAddress"),
      issues,
      { ...many, min: 0 },
    ),
  };
}

function resolveTimeouts(
  written: NonNullable<SkeinConfig["timeouts"]>,
  issues: Issues,
): ProxySettings["timeouts"] {
  const defaults = proxyDefaults.timeouts;
  const at = (key: string): KeyPath => ["timeouts", key];
  return {
    headMs: readDuration(written.head, defaults.headMs, at("head"), issues),
    handshakeMs: readDuration(written.handshake, defaults.handshakeMs, at("handshake"), issues),
    idleClientMs: readDuration(written.idleClient, defaults.idleClientMs, at("idleClient"), issues),
    stalledClientMs: readDuration(
      written.stalledClient,
      defaults.stalledClientMs,
      at("stalledClient"),
      issues,
    ),
    connectMs: readDuration(written.connect, defaults.connectMs, at("connect"), issues),
    idleWorkerMs: readDuration(written.idleWorker, defaults.idleWorkerMs, at("idleWorker"), issues),
    noWorkerWaitMs: readDuration(written.noWorkerWait, defaults.noWorkerWaitMs, at("noWorkerWait"), issues, {
      min: 0,
      max: 600_000,
    }),
  };
}

export function resolveRanges(written: readonly string[], path: KeyPath, issues: Issues): string[] {
  for (const [at, range] of written.entries()) {
    if (!isRange(range)) issues.add([...path, at], `"${range}" is no range of addresses; write "10.0.0.0/8"`);
  }
  return [...written];
}

function resolveAccessLog(written: SkeinConfig["accessLog"], logDirectory: string): false | string {
  if (written === undefined || written === false || written === "") return false;
  const to = typeof written === "object" ? (written.to ?? "stdout") : written;
  if (to === true || to === "stdout") return "stdout";
  return resolvePath(logDirectory, to);
}

function resolveLogLines(
  written: SkeinConfig["accessLog"],
  issues: Issues,
): NonNullable<ProxySettings["accessLogLines"]> {
  const { sample, headers = [] } = typeof written === "object" ? written : {};
  const path = ["accessLog", "sample"];
  return {
    sample: readWithin(sample, proxyDefaults.accessLogLines.sample, path, issues, { min: 0, max: 1 }),
    headers: readHeaderNames(headers, issues),
  };
}

function readHeaderNames(written: readonly string[], issues: Issues): string[] {
  for (const [at, name] of written.entries()) {
    const path = ["accessLog", "headers", at];
    if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name)) issues.add(path, `"${name}" is no name of a header`);
  }
  return written.map((name) => name.toLowerCase());
}

function resolveRequests(written: NonNullable<SkeinConfig["requests"]>, issues: Issues): RequestSettings {
  const defaults = proxyDefaults.requests;
  const at = (key: string): KeyPath => ["requests", key];
  return {
    slowMs: readDuration(written.slow, defaults.slowMs, at("slow"), issues),
    samplesPerSecond: readWithin(written.samples, defaults.samplesPerSecond, at("samples"), issues, {
      min: 0,
      max: 1_000,
    }),
    keep: readCount(written.keep, defaults.keep, at("keep"), issues, { min: 1, max: 10_000 }),
    redact: (written.redact ?? []).map((name) => name.toLowerCase()),
  };
}
