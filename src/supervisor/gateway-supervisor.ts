import { existsSync } from "node:fs";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import type { ChildAssignment, ChildRole, GatewayStatus } from "../protocol/supervision.ts";
import { packageVersion } from "../protocol/version.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { wantedBy } from "./adopted-plan.ts";
import { ChildConnections } from "./child-connections.ts";
import { ChildProcesses, type Entries } from "./child-processes.ts";
import { digestOf } from "./configuration-digest.ts";
import { type ControlDoor, type Door, doorAddress } from "./doors.ts";
import { clientAddresses, controlUrl } from "./gateway-addresses.ts";
import { Hub, type HubHandlers } from "./hub.ts";
import { KeptChildren } from "./kept-children.ts";
import { KeptPlace } from "./kept-place.ts";
import type { Effect, Event, Plan } from "./plan.ts";
import { repairStore } from "./repair.ts";
import { tickEveryMs } from "./silence.ts";
import { type ConfigurationSource, type SourcedConfiguration, sourceToArguments } from "./source.ts";
import { writeGatewayFile } from "./state-directory.ts";
import { Recent } from "../runtime/recent.ts";
import { describeGateway, isReady } from "./status.ts";
import { step } from "./step.ts";
import { messageOf } from "./supervisor-error.ts";

export interface GatewaySupervisorParts {
  places: Places;
  clock: Clock;
  logger: Logger;
  entries: Entries;
  source: ConfigurationSource;
  sourced: SourcedConfiguration;
  control: ControlDoor;
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
  control: ControlDoor;
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
  readonly #children: ChildConnections;
  readonly #place: KeptPlace;
  readonly #record: KeptChildren;
  readonly #events: Event[] = [];
  #finish: () => void = () => {};
  #becomeReady: () => void = () => {};
  #plan: Plan;
  #stepping = false;
  #retired = false;
  #closedListeners = false;
  #timer: Timer | null = null;
  #pings = 0;
  #tickedAt = 0;
  readonly #delays = new Recent();
  /** What `gateway.json` says could not be renewed. */
  #fileIsOld = false;
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
    this.#processes = new ChildProcesses(
      parts.entries,
      (name, code, signal) => {
        this.#children.exited(name);
        this.dispatch({ t: "exited", name, code, signal });
      },
      (child, error) => this.logger.error({ child, reason: messageOf(error) }, "a process cannot be started"),
    );
    this.#children = new ChildConnections(this, this.#processes);
    this.#hub = new Hub(parts.places.supervisorSocket, {
      command: parts.onCommand,
      hello: (hello, connection) => this.#children.greet(hello, connection),
      frame: (frame, connection) => this.#children.hear(frame, connection),
      closed: (connection) => this.#children.lost(connection),
    });
    this.#place = new KeptPlace(parts.places, this.#hub, parts);
    this.#record = new KeptChildren(parts.places, parts.clock, parts.logger);
  }

  /** `follows`: it takes the place of another supervisor. Then only what it cannot do without may fail. Who fails holds nothing any more. */
  async open({ follows = false } = {}): Promise<void> {
    try {
      await this.#open(follows);
    } catch (error) {
      this.retire();
      throw error;
    }
  }

  async #open(follows: boolean): Promise<void> {
    await this.#hub.listen();
    for (const { name, identity } of this.#plan.children) {
      if (identity !== null) this.#processes.adopt(name, identity);
    }
    if (follows) this.#renewGatewayFile();
    else this.#writeGatewayFile();
    this.#tickedAt = this.clock.now();
    this.#timer = this.clock.every(tickEveryMs, () => this.clock.afterPendingInput(() => this.#tick()));
    this.dispatch({ t: "tick" });
  }

  get plan(): Plan {
    return this.#plan;
  }

  status(): GatewayStatus {
    const { file, configuration, warnings } = this.sourced;
    const digest = digestOf(configuration);
    return describeGateway(this.#plan, {
      startedAt: this.#startedAt,
      ...clientAddresses(this.listeners, configuration),
      control: doorAddress(this.control),
      state: this.places.state,
      configuration: { file, digest, error: this.reloadError, warnings },
      force: (children) => this.#children.words.force(digest, children),
      controlCertificate: (controllers) => this.#children.words.certificate(controllers),
      certificates: (proxies) => this.#children.tls.certificates(configuration.traffic, proxies),
    });
  }

  #writeGatewayFile(): void {
    const { configuration } = this.sourced;
    writeGatewayFile(this.places, {
      v: 1,
      pid: process.pid,
      control: doorAddress(this.control),
      controlUrl: controlUrl(this.control, configuration),
      ...clientAddresses(this.listeners, configuration),
      startedAt: this.#startedAt,
      version: packageVersion,
    });
  }

  /** From now on this configuration is the truth; children of the roles in `roll` are replaced one by one. */
  adoptConfiguration(sourced: SourcedConfiguration, roll: readonly ChildRole[]): void {
    this.sourced = sourced;
    this.#children.configurationChanged();
    this.#renewGatewayFile();
    this.dispatch({ t: "want", want: wantedBy(sourced.configuration), roll });
  }

  /**
   * All else holds also where it cannot be written: only who looks for the addresses in the file finds old ones, or none, until
   * there is room.
   */
  #renewGatewayFile(): void {
    try {
      this.#writeGatewayFile();
      this.#fileIsOld = false;
    } catch (error) {
      this.#fileIsOld = true;
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
    this.#record.keep(this.#plan);
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
    this.#record.keep(this.#plan);
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
        return this.#children.send(effect.name, effect.frame);
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

  get retired(): boolean {
    return this.#retired;
  }

  #tick(): void {
    if (this.#retired) return;
    if (!this.#place.keep()) return this.#stepAside();
    // Cleaned away by somebody: without it nobody finds a gateway that runs.
    if (this.#fileIsOld || !existsSync(this.places.gatewayFile)) this.#renewGatewayFile();
    this.#processes.look();
    this.#pings += 1;
    const now = this.clock.now();
    this.#delays.add(Math.max(0, now - this.#tickedAt - tickEveryMs));
    this.#tickedAt = now;
    this.#children.tick({ t: "ping", n: this.#pings, delayMs: this.#delays.max });
    this.dispatch({ t: "tick" });
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
}

function followOf({ join, traffic }: GatewayConfiguration): ChildAssignment["follow"] {
  return join && { urls: join, receptions: traffic.proxy.receptions ?? {} };
}
