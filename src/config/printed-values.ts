import type { GatewayConfiguration, TraceSettings } from "../protocol/configuration.ts";
import { formatAddress } from "./address.ts";
import { proxyDefaults, traceDefaults } from "./defaults.ts";
import { durationText, sizeText } from "./quantities.ts";
import { storeText } from "./store.ts";

/** The values in force, by the keys that people write (those of `originsOf`), as they can be written there. Services and routes are not among them. */
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
    "requests.slow": durationText(requests.slowMs),
    "requests.samples": requests.samplesPerSecond,
    "requests.keep": requests.keep,
    "requests.redact": requests.redact,
    trustedProxies: proxy.trustedProxies,
    "limits.head": sizeText(limits.headBytesMax),
    "limits.fields": limits.fieldsMax,
    "limits.target": sizeText(limits.targetBytesMax),
    "limits.requestsPerConnection": limits.requestsPerConnectionMax,
    "limits.connectionAge": durationText(limits.connectionAgeMsMax),
    "limits.replayBody": sizeText(limits.replayBodyBytesMax),
    "limits.bodyPerSecond": sizeText(limits.bodyBytesPerSecondMin),
    "limits.workerHead": sizeText(limits.workerHeadBytesMax),
    "limits.workerFields": limits.workerFieldsMax,
    "limits.connections": limits.connectionsMax,
    "limits.connectionsPerAddress": limits.connectionsPerAddressMax ?? 0,
    "timeouts.head": durationText(timeouts.headMs),
    "timeouts.handshake": durationText(timeouts.handshakeMs ?? 0),
    "timeouts.idleClient": durationText(timeouts.idleClientMs),
    "timeouts.stalledClient": durationText(timeouts.stalledClientMs),
    "timeouts.connect": durationText(timeouts.connectMs),
    "timeouts.idleWorker": durationText(timeouts.idleWorkerMs),
    "timeouts.noWorkerWait": durationText(timeouts.noWorkerWaitMs),
    ...printedTraces(proxy.traces),
    "retryBudget.ratio": retryBudget.ratio,
    "retryBudget.reserve": retryBudget.reserve,
    "retryBudget.perSecond": retryBudget.perSecondMin,
    "registration.allow": registration.allow,
    "registration.workers": registration.workersMax,
    "registration.metadata": sizeText(registration.metadataBytesMax),
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
    "traces.every": durationText(everyMs),
    "traces.timeout": durationText(timeoutMs),
  };
}
