import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readControlText } from "../../src/demo/cluster/control-client.ts";
import { GatewayProcess, pidsOf } from "../../src/demo/cluster/gateway-process.ts";
import { eventually } from "../../src/demo/wait.ts";
import type { GatewayStatus } from "../../src/protocol/supervision.ts";
import { packageVersion } from "../../src/protocol/version.ts";
import { pin } from "../machine/process.ts";
import type { PeerName } from "../suite/peer-names.ts";
import type { Setup } from "../suite/setup.ts";
import { joinWorkers, startWorkers, type Workers } from "../workers/worker-process.ts";
import type { Peer, Running, Stage } from "./peer.ts";
import { tlsFiles } from "./tls-files.ts";
import { transportIn } from "./transport.ts";

const readyWithinMs = 30_000;
const service = "web";

const schema = JSON.parse(
  readFileSync(new URL("../../src/config/skein.schema.json", import.meta.url), "utf8"),
) as { properties: object };

/** Why TLS is not measured: where the configuration knows of it, it is. */
const noTls =
  "tls" in schema.properties ? undefined : "the configuration of skein takes no TLS on the listener yet";

/** The real product with its defaults: supervisor, two controllers, proxies; nothing but addresses is configured. */
function configuration({ setup, ports, directory }: Stage, workers: Workers | undefined): object {
  const fixed = {
    workers: workers?.addresses.map(({ host, port }) => ({ address: `${host}:${port}` })) ?? [],
    ...(setup.checks ? {} : { check: false }),
  };
  const routes =
    setup.routes === 1
      ? { "/": service }
      : Object.fromEntries(Array.from({ length: setup.routes }, (_, index) => [`/r${index}/*`, service]));
  const files = setup.tls ? tlsFiles(directory) : undefined;
  return {
    listen: `127.0.0.1:${ports[0]}`,
    control: `127.0.0.1:${ports[1]}`,
    state: join(directory, "state"),
    proxies: setup.proxies,
    services: { [service]: fixed },
    routes,
    ...(files === undefined ? {} : { tls: { cert: files.certificate, key: files.key } }),
  };
}

async function startGateway(stage: Stage, workers: Workers | undefined): Promise<GatewayProcess> {
  const config = join(stage.directory, "skein.json");
  writeFileSync(config, JSON.stringify(configuration(stage, workers)));
  const { directory } = stage;
  const gateway = new GatewayProcess({ directory, config, state: join(directory, "state") });
  gateway.start();
  stage.onStop(() => gateway.stop());
  const ready = await eventually(
    async () => isReady(await gateway.status(), stage.setup.proxies) || undefined,
    { withinMs: readyWithinMs, everyMs: 50 },
  );
  if (ready === true) return gateway;
  throw new Error(`skein is not ready after ${readyWithinMs} ms; see ${join(directory, "gateway.log")}`);
}

function isReady(status: GatewayStatus, proxies: number): boolean {
  const ready = status.children.filter(({ state }) => state === "ready");
  return pidsOf({ ...status, children: ready }, "proxy").length === proxies && ready.length === proxies + 2;
}

/** Each proxy gets a core of its own; the supervisor and the controllers go elsewhere. */
async function running(stage: Stage, gateway: GatewayProcess, workers: Workers): Promise<Running> {
  const status = await gateway.status();
  const proxyPids = pidsOf(status, "proxy");
  const otherPids = [status.supervisor.pid, ...pidsOf(status, "controller")];
  const { cores } = stage;
  proxyPids.forEach((pid, index) => pin(pid, [cores.proxy[index % cores.proxy.length] ?? 0]));
  for (const pid of otherPids) pin(pid, cores.others);
  return {
    port: stage.ports[0] ?? 0,
    proxyCores: cores.proxy,
    proxyPids,
    otherPids,
    workerPids: workers.pids,
    transport: async () => transportIn(await metricsOf(gateway)),
  };
}

/** Of any controller: the proxies tell each of them. */
async function metricsOf(gateway: GatewayProcess): Promise<string> {
  const { children } = await gateway.status();
  const name = children.find(({ role }) => role === "controller")?.name ?? "";
  return await readControlText(gateway.places.controllerSocket(name), "/metrics");
}

const common = {
  missing: async () => undefined,
  version: () => `skein ${packageVersion}, node ${process.version}`,
};

export const skein: Peer = {
  ...common,
  name: "skein",
  cannot: ({ tls }) => (tls ? noTls : undefined),
  async start(stage) {
    const workers = await startWorkers(stage);
    const gateway = await startGateway(stage, workers);
    return await running(stage, gateway, workers);
  },
};

/** The same gateway; its workers join by the SDK and are reached as the gateway and the SDK agree. */
export const skeinLink: Peer = {
  ...common,
  name: "skein-link" satisfies PeerName,
  cannot({ tls, service: kind, workers, proxies }: Setup) {
    if (tls && noTls !== undefined) return noTls;
    if (kind === "static") return "its workers are Node services that join";
    if (workers > 3) return "so many joined workers would be as many servers";
    return proxies > 1 ? "the case is of plain workers" : undefined;
  },
  async start(stage) {
    const gateway = await startGateway(stage, undefined);
    const workers = await joinWorkers(stage, `http://127.0.0.1:${stage.ports[1]}`, service);
    return await running(stage, gateway, workers);
  },
};
