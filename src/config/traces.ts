import { resolve as resolvePath } from "node:path";
import { isLoopbackHost } from "../core/registry/address.ts";
import type { TraceSettings } from "../protocol/configuration.ts";
import type { TracesConfig } from "./config.ts";
import { traceDefaults } from "./defaults.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { readCount, readDuration, readWithin } from "./quantities.ts";
import type { FileSurroundings } from "./tls.ts";

const at = (key: string): KeyPath => ["traces", key];
/** Where collectors listen for OTLP over HTTP, if the URL names no path. */
const defaultPath = "/v1/traces";
const attributesMax = 64;

/** Undefined: no traces. */
export function resolveTraces(
  written: false | TracesConfig | undefined,
  { directory, files }: FileSurroundings,
  issues: Issues,
): TraceSettings | undefined {
  if (written === undefined || written === false) return undefined;
  const defaults = traceDefaults;
  const endpoint = readEndpoint(written.endpoint, issues);
  const { headersFile, ca, follow = defaults.follow } = written;
  const caFile = ca === undefined ? undefined : resolvePath(directory, ca);
  if (caFile !== undefined) {
    if (endpoint?.protocol !== "https:") issues.add(at("ca"), "certificates need TLS; write https://");
    const reading = files.authorities(caFile);
    if (!reading.ok) issues.add(at("ca"), reading.fault);
  }
  if (headersFile !== undefined && endpoint?.protocol === "http:" && !isLoopbackHost(endpoint.hostname)) {
    issues.warn(at("headersFile"), "whoever can listen on the network reads these headers. Write https://");
  }
  const many = { min: 1, max: 1_000_000 };
  return {
    endpoint: endpoint?.href ?? "",
    ...(headersFile === undefined ? {} : { headersFile: resolvePath(directory, headersFile) }),
    ...(caFile === undefined ? {} : { caFile }),
    share: readWithin(written.share, defaults.share, at("share"), issues, { min: 0, max: 1 }),
    follow,
    resource: resourceOf(written, issues),
    queueMax: readCount(written.queue, defaults.queueMax, at("queue"), issues, many),
    batchMax: readCount(written.batch, defaults.batchMax, at("batch"), issues, { min: 1, max: 10_000 }),
    everyMs: readDuration(written.every, defaults.everyMs, at("every"), issues, { min: 10, max: 600_000 }),
    timeoutMs: readDuration(written.timeout, defaults.timeoutMs, at("timeout"), issues, {
      min: 1,
      max: 600_000,
    }),
  };
}

function readEndpoint(text: string, issues: Issues): URL | undefined {
  const path = at("endpoint");
  const example = `write "http://127.0.0.1:4318", or the whole URL`;
  if (!URL.canParse(text)) return issues.add(path, `${JSON.stringify(text)} is no URL; ${example}`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return issues.add(
      path,
      `OTLP is spoken over HTTP here, not over ${JSON.stringify(url.protocol)}; ${example}`,
    );
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return issues.add(
      path,
      "the URL has a part that may be a secret, and everybody here can read it; write headersFile",
    );
  if (url.pathname === "/") url.pathname = defaultPath;
  return url;
}

function resourceOf({ service, attributes = {} }: TracesConfig, issues: Issues): Record<string, string> {
  if (service === "") issues.add(at("service"), "the text is empty");
  if (Object.keys(attributes).length > attributesMax)
    issues.add(at("attributes"), `at most ${attributesMax} attributes`);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "" || name.length > 255 || value.length > 1_024)
      issues.add([...at("attributes"), name], "a name has 1 to 255 characters, a value at most 1024");
  }
  return { "service.name": service ?? traceDefaults.service, ...attributes };
}
