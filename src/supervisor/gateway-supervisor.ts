import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import type {
  ChildAssignment,
  ChildFrame,
  ChildRole,
  GatewayStatus,
  SupervisorFrame,
} from "../protocol/supervision.ts";
import { packageVersion } from "../protocol/version.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { identify } from "../runtime/process-identity.ts";
import { readLock, takeLock } from "../runtime/process-lock.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { wantedBy } from "./adopted-plan.ts";
import { ChildProcesses, type Entries } from "./child-processes.ts";
import { type Door, doorAddress } from "./doors.ts";
import { Hub, type HubConnection, type HubHandlers } from "./hub.ts";
import { childNamed, type Effect, type Event, type Plan } from "./plan.ts";
import { ProxyTls } from "./proxy-tls.ts";
import { repairStore } from "./repair.ts";
import { tickEveryMs } from "./silence.ts";
import { type ConfigurationSource, type SourcedConfiguration, sourceToArguments } from "./source.ts";
import {
  type ChildrenRecord,
  prepareStateDirectory,
  writeChildren,
  writeGatewayFile,
} from "./state-directory.ts";
import { Recent } from "../runtime/recent.ts";
import { controlIsSecure } from "../runtime/cluster-tls.ts";
import { describeGateway, isReady } from "./status.ts";
import { step } from "./step.ts";
import { messageOf } from "./supervisor-error.ts";

/** After a connection broke, the end of its process shows within a moment: looked for at these times. */
const lookAfterMs = [1, 3, 8, 20, 50, 120];

export interface GatewaySupervisorParts {
  places: Places;
  clock: Clock;
  logger: Logger;
  entries: Entries;
  source: ConfigurationSource;
  sourced: SourcedConfiguration;
  control: Door;
  listeners: Door[];
  plan: Plan;
  onCommand: HubHandlers["command"];
}

/**
 * The thin shell around `step`: it turns sockets, processes and timers into events, and effects into deeds. It is the
 * one owner of the plan; nothing waits between reading and changing it.
 */
export class GatewaySupervisor {
  readonly places: Places;
  readonly source: ConfigurationSource;
  readonly logger: Logger;
  readonly clock: Clock;
  sourced: SourcedConfiguration;
  control: Door;
  listeners: Door[];
  /** Why the last reload was refused. */
  reloadError: string | null = null;
  /** Resolves when every child is gone after a stop. */
  readonly finished: Promise<void>;
  /** Resolves when every place is filled for the first time. */
  readonly ready: Promise<void>;
  readonly #startedAt: string;
  readonly #processes: ChildProcesses;
  readonly #hub: Hub;
  readonly #connections = new Map<string, HubConnection>();
  readonly #tls = new ProxyTls();
  readonly #events: Event[] = [];
  #finish: () => void = () => {};
  #becomeReady: () => void = () => {};
  #plan: Plan;
  #recorded = "";
  #stepping = false;
  #retired = false;
  #closedListeners = false;
  #restoring = false;
  #timer: Timer | null = null;
  #pings = 0;
  #tickedAt = 0;
  readonly #delays = new Recent();
  readonly #saidOfFile: SaidLately;

  constructor(parts: GatewaySupervisorParts) {
    this.places = parts.places;
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.source = parts.source;
    this.sourced = parts.sourced;
    this.control = parts.control;
    this.listeners = parts.listeners;
    this.#plan = parts.plan;
    this.#startedAt = parts.clock.wallTime();
    this.#saidOfFile = new SaidLately(parts.clock);
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve));
    this.#processes = new ChildProcesses(parts.entries, (name, code, signal) => {
      this.#connections.delete(name);
      this.#tls.gone(name);
      this.dispatch({ t: "exited", name, code, signal });
    });
    this.#hub = new Hub(parts.places.supervisorSocket, {
      command: parts.onCommand,
      hello: (hello, connection) => this.#greet(hello, connection),
      frame: (frame, connection) => this.#hear(frame, connection),
      closed: (connection) => this.#lose(connection),
    });
  }

  async open(): Promise<void> {
    await this.#hub.listen();
    for (const { name, identity } of this.#plan.children) {
      if (identity !== null) this.#processes.adopt(name, identity);
    }
    this.#writeGatewayFile();
    this.#tickedAt = this.clock.now();
    this.#timer = this.clock.every(tickEveryMs, () => this.clock.afterPendingInput(() => this.#tick()));
    this.dispatch({ t: "tick" });
  }

  get plan(): Plan {
    return this.#plan;
  }

  status(): GatewayStatus {
    const { file, configuration, warnings } = this.sourced;
    const { traffic } = configuration;
    return describeGateway(this.#plan, {
      startedAt: this.#startedAt,
      ...this.#clientAddresses(),
      control: doorAddress(this.control),
      state: this.places.state,
      configuration: { file, digest: digestOf(configuration), error: this.reloadError, warnings },
      certificates: (proxies) => this.#tls.certificates(traffic, proxies),
    });
  }

  #writeGatewayFile(): void {
    writeGatewayFile(this.places, {
      v: 1,
      pid: process.pid,
      control: doorAddress(this.control),
      controlUrl: this.#controlUrl(),
      ...this.#clientAddresses(),
      startedAt: this.#startedAt,
      version: packageVersion,
    });
  }

  #controlUrl(): string {
    const [followed] = this.sourced.configuration.join ?? [];
    if (followed !== undefined) return followed;
    const secure = controlIsSecure(this.places, this.sourced.configuration.control.host);
    // Whoever reads it is on this host: what listens everywhere is reached here, under a name of the certificate.
    const address = doorAddress(this.control)
      .replace(/^0\.0\.0\.0:/, "127.0.0.1:")
      .replace(/^\[::\]:/, "[::1]:");
    return `${secure ? "https" : "http"}://${address}`;
  }

  #clientAddresses(): { listen: string[]; urls: string[] } {
    const { receptions = {} } = this.sourced.configuration.traffic.proxy;
    const scheme = (name: string): string => (receptions[name]?.kind === "https" ? "https" : "http");
    return {
      listen: this.listeners.map(doorAddress),
      urls: this.listeners.map((door) => `${scheme(door.name)}://${doorAddress(door)}`),
    };
  }

  /** From now on this configuration is the truth; children of the roles in `roll` are replaced one by one. */
  adoptConfiguration(sourced: SourcedConfiguration, roll: readonly ChildRole[]): void {
    this.sourced = sourced;
    for (const [name, connection] of this.#connections) {
      if (childNamed(this.#plan, name)?.role === "controller") this.#sendConfiguration(connection);
      else this.#sendSiblings(connection);
    }
    this.#renewGatewayFile();
    this.dispatch({ t: "want", want: wantedBy(sourced.configuration), roll });
  }

  /** All else holds also where it cannot be written: only who looks for the addresses in the file finds old ones, or none. */
  #renewGatewayFile(): void {
    try {
      this.#writeGatewayFile();
    } catch (error) {
      const reason = messageOf(error);
      if (this.#saidOfFile.mayBeSaid(reason))
        this.logger.error({ reason }, "where the gateway listens cannot be written");
    }
  }

  dispatch(event: Event): void {
    if (this.#retired) return;
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#stepping = false;
    }
    if (this.#plan.mode.kind === "stopping") this.#closeListeners();
    this.#record();
    if (isReady(this.#plan)) this.#becomeReady();
  }

  /** The proxies accept no more: whoever comes is refused at once, and does not wait for the last requests of others. */
  #closeListeners(): void {
    if (this.#closedListeners) return;
    this.#closedListeners = true;
    for (const door of this.listeners) door.close();
  }

  /** Nothing is decided here any more: another supervisor takes over, or all is over. */
  retire(): void {
    this.#record();
    this.#retired = true;
    this.#timer?.cancel();
    this.#hub.close();
    this.control.close();
    this.#closeListeners();
  }

  /** After the last answer to an operator: nothing keeps this process any more. */
  leave(): void {
    this.#hub.dropOperators();
  }

  #step(event: Event): void {
    const { plan, effects } = step(this.#plan, event, this.clock.now());
    this.#plan = plan;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case "spawn":
        return this.#spawn(effect);
      case "send":
        return this.#connections.get(effect.name)?.send(effect.frame);
      case "kill":
        return this.#processes.signal(effect.name, "SIGKILL");
      case "repair":
        void repairStore(this.places.state, effect.termFloor).then((error) =>
          this.dispatch({ t: "repaired", error }),
        );
        return;
      case "say":
        return this.logger[effect.level](effect.fields, effect.message);
      case "finish":
        return this.#finish();
    }
  }

  #spawn({ role, name, epoch }: Effect & { do: "spawn" }): void {
    const identity = this.#processes.start({
      role,
      name,
      epoch,
      state: this.places.state,
      store: this.sourced.configuration.store,
      follow: followOf(this.sourced.configuration),
      supervisorArgs: sourceToArguments(this.source),
      control: this.control,
      controlAddress: doorAddress(this.control),
      listeners: this.listeners,
    });
    if (identity === null) return;
    this.#events.push({ t: "spawned", name, identity });
    this.logger.info({ child: name, childPid: identity.pid, epoch }, "a process is started");
  }

  #greet(hello: ChildFrame & { t: "hello" }, connection: HubConnection): void {
    const { role, name, pid, instance, version, epoch } = hello;
    const identity = identify(pid);
    if (identity === null || (role !== "proxy" && role !== "controller")) return connection.close();
    const known = childNamed(this.#plan, name);
    if (known?.identity && known.identity.pid !== pid && !this.#processes.isGone(name)) {
      this.logger.warn({ child: name, childPid: pid }, "a second process of this name is asked to leave");
      connection.name = null;
      return connection.send({ t: "drain", withinMs: 0 });
    }
    this.#connections.set(name, connection);
    this.#processes.adopt(name, identity);
    this.dispatch({ t: "hello", role, name, identity, instance, version, epoch });
    if (role === "controller") this.#sendConfiguration(connection);
    else {
      this.#sendSiblings(connection);
      this.#tls.greet(name, connection, hello.ticketKey, this.clock.now());
    }
  }

  #sendSiblings(connection: HubConnection): void {
    connection.send({ t: "siblings", proxies: this.sourced.configuration.proxies });
  }

  #sendConfiguration(connection: HubConnection): void {
    const { configuration, file, values = [] } = this.sourced;
    const { traffic } = configuration;
    const listen = this.listeners.map(doorAddress);
    connection.send({
      t: "configuration",
      traffic,
      digest: digestOf(configuration),
      listen,
      told: { file, values },
    });
  }

  #hear(frame: ChildFrame, connection: HubConnection): void {
    const { name } = connection;
    if (name === null || this.#connections.get(name) !== connection) return;
    switch (frame.t) {
      case "ready":
        this.logger.info({ child: name }, "a process is ready");
        return this.dispatch({ t: "ready", name });
      case "pong":
        return this.dispatch({ t: "pong", name, term: frame.term, leader: frame.leader });
      case "drained":
        return this.dispatch({ t: "drained", name });
      case "certificates":
        return this.#tls.heard(name, frame.certificates);
      case "hello":
      case "command":
        return;
    }
  }

  #lose(connection: HubConnection): void {
    const { name } = connection;
    if (name === null || this.#connections.get(name) !== connection) return;
    this.#connections.delete(name);
    this.#tls.lost(name);
    this.dispatch({ t: "disconnected", name });
    for (const ms of lookAfterMs) this.clock.after(ms, () => this.#processes.look());
  }

  get retired(): boolean {
    return this.#retired;
  }

  #tick(): void {
    if (this.#retired) return;
    if (!this.#keepsPlace()) return this.#stepAside();
    // Cleaned away by somebody: without it nobody finds a gateway that runs.
    if (!existsSync(this.places.gatewayFile)) this.#renewGatewayFile();
    this.#processes.look();
    this.#pings += 1;
    const now = this.clock.now();
    this.#delays.add(Math.max(0, now - this.#tickedAt - tickEveryMs));
    this.#tickedAt = now;
    const ping: SupervisorFrame = { t: "ping", n: this.#pings, delayMs: this.#delays.max };
    for (const connection of this.#connections.values()) connection.send(ping);
    this.#tls.tick(this.clock.now());
    this.dispatch({ t: "tick" });
  }

  /** False: another process is the supervisor. A lock or socket that was only cleaned away is made anew. */
  #keepsPlace(): boolean {
    if (this.#restoring) return true;
    const holds = readLock(this.places.supervisorLock)?.pid === process.pid;
    if (holds && existsSync(this.places.supervisorSocket)) return true;
    try {
      prepareStateDirectory(this.places);
      if (!takeLock(this.places.supervisorLock).taken) return false;
      this.#restoring = true;
      void this.#hub
        .listenAgainIfLost()
        .catch((error: unknown) => this.logger.error({ err: error }, "the supervisor's socket is lost"))
        .finally(() => (this.#restoring = false));
    } catch (error) {
      this.logger.error({ err: error }, "the supervisor's lock and socket are lost and cannot be made anew");
    }
    return true;
  }

  /** Somebody else holds the lock: two must never act. The children go on and find the other one. */
  #stepAside(): void {
    this.logger.error({}, "another supervisor holds the lock of this state directory: this one ends");
    this.#retired = true;
    this.#timer?.cancel();
    // Not closed: that would remove the socket file, which is the other one's by now.
    this.#hub.dropChildren();
    this.#finish();
  }

  #record(): void {
    const record: ChildrenRecord = {
      v: 1,
      epoch: this.#plan.epoch,
      termSeen: this.#plan.termSeen,
      stopping: this.#plan.mode.kind === "stopping",
      children: this.#plan.children.flatMap(({ role, name, epoch, identity, phase, restarts }) =>
        identity === null
          ? []
          : [{ role, name, epoch, ...identity, draining: phase.kind === "draining", restarts }],
      ),
    };
    const text = JSON.stringify(record);
    if (text === this.#recorded) return;
    this.#recorded = text;
    try {
      writeChildren(this.places, record);
    } catch (error) {
      this.logger.error({ err: error }, "the list of processes cannot be written to the state directory");
    }
  }
}

export function digestOf(configuration: GatewayConfiguration): string {
  return createHash("sha256").update(JSON.stringify(configuration.traffic)).digest("hex").slice(0, 16);
}

function followOf({ join, traffic }: GatewayConfiguration): ChildAssignment["follow"] {
  return join && { urls: join, receptions: traffic.proxy.receptions ?? {} };
}
