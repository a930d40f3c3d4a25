import type { GatewayConfiguration, TraceSettings } from "../protocol/configuration.ts";
import { formatAddress } from "./address.ts";
import { proxyDefaults, traceDefaults } from "./defaults.ts";
import { storeText } from "./store.ts";

/** The values in force, by the keys that people write (those of `originsOf`). Services and routes are not among them. */
export function printedValues(configuration: GatewayConfiguration): Record<string, unknown> {
  const { proxy, registration } = configuration.traffic;
  const { limits, timeouts, retryBudget } = proxy;
  const requests = proxy.requests ?? proxyDefaults.requests;
  return {
    listen: configuration.listeners.map(({ name }) => name),
    control: formatAddress(configuration.control),
    state: configuration.state,
    proxies: configuration.proxies,
    controllers: configuration.controllers,
    store: storeText(configuration.store),
    accessLog: proxy.accessLog,
    errorPages: proxy.errorPages ?? true,
    "requests.slow": milliseconds(requests.slowMs),
    "requests.samples": requests.samplesPerSecond,
    "requests.keep": requests.keep,
    "requests.redact": requests.redact,
    trustedProxies: proxy.trustedProxies,
    "limits.head": limits.headBytesMax,
    "limits.fields": limits.fieldsMax,
    "limits.target": limits.targetBytesMax,
    "limits.requestsPerConnection": limits.requestsPerConnectionMax,
    "limits.connectionAge": milliseconds(limits.connectionAgeMsMax),
    "limits.replayBody": limits.replayBodyBytesMax,
    "limits.bodyPerSecond": limits.bodyBytesPerSecondMin,
    "limits.workerHead": limits.workerHeadBytesMax,
    "limits.workerFields": limits.workerFieldsMax,
    "limits.connections": limits.connectionsMax,
    "timeouts.head": milliseconds(timeouts.headMs),
    "timeouts.handshake": milliseconds(timeouts.handshakeMs ?? 0),
    "timeouts.idleClient": milliseconds(timeouts.idleClientMs),
    "timeouts.stalledClient": milliseconds(timeouts.stalledClientMs),
    "timeouts.connect": milliseconds(timeouts.connectMs),
    "timeouts.idleWorker": milliseconds(timeouts.idleWorkerMs),
    "timeouts.noWorkerWait": milliseconds(timeouts.noWorkerWaitMs),
    ...printedTraces(proxy.traces),
    "retryBudget.ratio": retryBudget.ratio,
    "retryBudget.reserve": retryBudget.reserve,
    "retryBudget.perSecond": retryBudget.perSecondMin,
    "registration.allow": registration.allow,
    "registration.workers": registration.workersMax,
    "registration.metadata": registration.metadataBytesMax,
  };
}

/** Without traces: what would be in force with them. */
function printedTraces(traces: TraceSettings | undefined): Record<string, unknown> {
  const { service, ...defaults } = traceDefaults;
  const { share, follow, queueMax, batchMax, everyMs, timeoutMs } = traces ?? defaults;
  const { "service.name": name = service, ...attributes } = traces?.resource ?? {};
  return {
    "traces.endpoint": traces?.endpoint ?? false,
    "traces.headersFile": traces?.headersFile ?? "",
    "traces.ca": traces?.caFile ?? "",
    "traces.share": share,
    "traces.follow": follow,
    "traces.service": name,
    "traces.attributes": attributes,
    "traces.queue": queueMax,
    "traces.batch": batchMax,
    "traces.every": milliseconds(everyMs),
    "traces.timeout": milliseconds(timeoutMs),
  };
}

function milliseconds(ms: number): string {
  return ms >= 1_000 && ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
