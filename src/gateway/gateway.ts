import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { resolve as resolvePath } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { SkeinConfig } from "../config/config.ts";
import { keyText } from "../config/issues.ts";
import { resolveConfiguration } from "../config/resolve.ts";
import { systemFiles } from "../config/system-files.ts";
import { Controller } from "../controller/controller.ts";
import { MemoryPeerHub } from "../peers/memory-transport.ts";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import { SkeinError } from "../protocol/error.ts";
import type { ProxyQuestion } from "../protocol/requests.ts";
import type { TableFrame } from "../protocol/routing-table.ts";
import { Proxy } from "../proxy/proxy.ts";
import { netProber } from "../registry/probe.ts";
import { systemClock } from "../runtime/clock.ts";
import { hostIdentity } from "../runtime/host-identity.ts";
import { type Logger, silentLogger } from "../runtime/logger.ts";
import { newInstanceId, newToken, systemRandom } from "../runtime/random.ts";
import { newTicketKey, ticketKeyMs } from "../runtime/ticket-key.ts";
import { MemoryStore } from "../store/memory.ts";

export interface GatewayOptions {
  /** Where the gateway tells what it does. Default: nowhere. */
  logger?: Logger;
  /** The operators' token for writes over the control API. Default: a new one, see `Gateway.token`. */
  token?: string;
}

/** A gateway that runs in this process. */
export interface Gateway {
  /** Where clients connect, one URL per listener. */
  readonly listen: readonly string[];
  /** The control API: workers join here (`join(server, 'orders', { control })`). */
  readonly control: string;
  readonly token: string;
  /** Puts another configuration in force. Listeners, control and numbers of processes stay as they are. */
  reload(config: SkeinConfig): Promise<void>;
  /** Takes nothing new, finishes what is in flight (at most `withinMs`, default 30 000), and ends. Idempotent. */
  close(withinMs?: number): Promise<void>;
}

/**
 * Starts one proxy and one controller in this process, joined in memory: for tests, for development, and where one
 * process is all there is. It forwards as `skein up` does, but shares this process' fate: nobody replaces it, nothing
 * is kept (`state`, `store`, `proxies` and `controllers` have no effect).
 *
 * @param config what a `skein.config.ts` exports. A port of 0 gives an ephemeral one.
 * @throws SkeinError `invalid` when the configuration is wrong: every fault with its key
 * @throws the error of `listen` when an address cannot be used
 */
export async function startGateway(config: SkeinConfig, options: GatewayOptions = {}): Promise<Gateway> {
  const configuration = resolveOrThrow(config);
  const logger = options.logger ?? silentLogger;
  const token = options.token ?? newToken();
  const proxy = new Proxy({
    name: "proxy-1",
    instance: newInstanceId(),
    zone: process.env["SKEIN_ZONE"] || undefined,
    clock: systemClock,
    random: systemRandom,
    logger,
    evidence: (item) => controller.registry.evidence([item], "here"),
  });
  const ownListeners: string[] = [];
  const controller = newController({ configuration, token, logger, ownListeners });
  const end = async (withinMs: number): Promise<void> => {
    await proxy.drain(withinMs);
    reports.cancel();
    ticketKeys.cancel();
    await controller.stop();
  };
  const ticketKeys = systemClock.every(ticketKeyMs, () =>
    proxy.takeTicketKey(newTicketKey(systemClock.now())),
  );
  const reports = systemClock.every(1_000, () => controller.statistics.take(proxy.report()));
  try {
    await controller.start({ own: configuration.control });
    controller.configure(sent(configuration));
    await attach(proxy, controller);
    const listen: string[] = [];
    const { receptions = {} } = configuration.traffic.proxy;
    for (const { name, host, port } of configuration.listeners) {
      const server = await proxy.listen({ host, port }, name);
      const { address, family, port: bound } = server.address() as AddressInfo;
      const where = family === "IPv6" ? `[${address}]:${bound}` : `${address}:${bound}`;
      ownListeners.push(where);
      listen.push(`${receptions[name]?.kind === "https" ? "https" : "http"}://${where}`);
    }
    let ending: Promise<void> | undefined;
    return {
      listen,
      control: controller.url,
      token,
      reload: async (next) => reload(controller, resolveOrThrow(next)),
      close: (withinMs = 30_000) => (ending ??= end(withinMs)),
    };
  } catch (error) {
    await end(0);
    throw error;
  }
}

/** The twin of the table stream: resolves with the first table. */
function attach(proxy: Proxy, controller: Controller): Promise<void> {
  proxy.beginTableStream();
  controller.questions.listen((line) => {
    const { ask, wanted } = JSON.parse(line) as ProxyQuestion;
    controller.questions.answered({ v: 1, ask, proxy: proxy.name, records: proxy.requestLog.find(wanted) });
  });
  return new Promise((resolve) => {
    controller.registry.publisher.subscribe({
      opensLinks: true,
      frame(line) {
        proxy.take(JSON.parse(line) as TableFrame);
        resolve();
      },
    });
  });
}

function newController(parts: {
  configuration: GatewayConfiguration;
  token: string;
  logger: Logger;
  ownListeners: readonly string[];
}): Controller {
  return new Controller({
    name: "controller-1",
    instance: newInstanceId(),
    clock: systemClock,
    random: systemRandom,
    prober: netProber(systemClock, parts.logger),
    store: new MemoryStore(),
    transport: new MemoryPeerHub().transport("controller-1"),
    logger: parts.logger,
    token: parts.token,
    home: { gateway: "embedded", host: hostIdentity() },
    controlHost: parts.configuration.control.host,
    ownListeners: parts.ownListeners,
    onStoreCorrupt: () => {},
  });
}

/** Resolves when the configuration is in force. */
async function reload(controller: Controller, configuration: GatewayConfiguration): Promise<void> {
  const next = sent(configuration);
  controller.configure(next);
  while (controller.shared.state?.configuration?.digest !== next.digest) await wait(5);
}

function sent(configuration: GatewayConfiguration): {
  traffic: GatewayConfiguration["traffic"];
  digest: string;
} {
  const { traffic } = configuration;
  return { traffic, digest: createHash("sha256").update(JSON.stringify(traffic)).digest("hex") };
}

function resolveOrThrow(config: SkeinConfig): GatewayConfiguration {
  const resolved = resolveConfiguration(config, {
    directoryOf: (key) => (key === "state" ? resolvePath(tmpdir()) : process.cwd()),
    cores: 1,
    hints: false,
    directory: process.cwd(),
    files: systemFiles,
  });
  if (resolved.ok) return resolved.configuration;
  const faults = resolved.issues.map((issue) => `${keyText(issue.path)}: ${issue.message}`);
  throw new SkeinError("invalid", `The configuration is wrong. ${faults.join("; ")}`);
}
