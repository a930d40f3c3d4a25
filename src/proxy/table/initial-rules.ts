import { compileRoutes } from "../../core/routing/route-index.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import type { RoutingTable } from "../../protocol/routing-table.ts";
import type { Rules } from "../engine.ts";
import { TrustedPeers } from "../peer.ts";

/** What a proxy goes by until its first routing table: enough to refuse requests properly. */
const initialSettings: ProxySettings = {
  trustedProxies: [],
  limits: {
    headBytesMax: 16_384,
    fieldsMax: 100,
    targetBytesMax: 8_192,
    requestsPerConnectionMax: 10_000,
    connectionAgeMsMax: 3_600_000,
    replayBodyBytesMax: 65_536,
    bodyBytesPerSecondMin: 240,
    workerHeadBytesMax: 65_536,
    workerFieldsMax: 200,
    connectionsMax: 10_000,
  },
  timeouts: {
    headMs: 10_000,
    idleClientMs: 60_000,
    stalledClientMs: 30_000,
    connectMs: 2_000,
    idleWorkerMs: 4_000,
    noWorkerWaitMs: 1_000,
  },
  retryBudget: { ratio: 0.2, reserve: 100, perSecondMin: 10 },
  accessLog: false,
  hints: false,
};

export const initialRules: Rules = {
  ready: false,
  routes: compileRoutes([]),
  settings: initialSettings,
  trusted: new TrustedPeers([]),
};

export function rulesOf(table: RoutingTable): Rules {
  return {
    ready: true,
    routes: compileRoutes(table.routes),
    settings: table.proxy,
    trusted: new TrustedPeers(table.proxy.trustedProxies),
  };
}
