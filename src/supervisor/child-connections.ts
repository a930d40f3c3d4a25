import type { ChildFrame, SupervisorFrame } from "../protocol/supervision.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { identify } from "../runtime/process-identity.ts";
import type { ChildProcesses } from "./child-processes.ts";
import { digestOf } from "./configuration-digest.ts";
import { type Door, doorAddress } from "./doors.ts";
import { ChildWords } from "./force.ts";
import type { HubConnection } from "./hub.ts";
import { childNamed, type Event, type Plan } from "./plan.ts";
import { ProxyTls } from "./proxy-tls.ts";
import type { SourcedConfiguration } from "./source.ts";

/** After a connection broke, the end of its process shows within a moment: looked for at these times. */
const lookAfterMs = [1, 3, 8, 20, 50, 120];

/** Whose children they are. */
export interface Parent {
  readonly plan: Plan;
  readonly sourced: SourcedConfiguration;
  readonly listeners: readonly Door[];
  readonly clock: Clock;
  readonly logger: Logger;
  dispatch(event: Event): void;
}

/** What the supervisor and its children tell each other, from a child's hello to the end of its connection. */
export class ChildConnections {
  readonly tls = new ProxyTls();
  readonly words = new ChildWords();
  readonly #parent: Parent;
  readonly #processes: ChildProcesses;
  readonly #connections = new Map<string, HubConnection>();

  constructor(parent: Parent, processes: ChildProcesses) {
    this.#parent = parent;
    this.#processes = processes;
  }

  send(name: string, frame: SupervisorFrame): void {
    this.#connections.get(name)?.send(frame);
  }

  /** With what is due by time. */
  tick(ping: SupervisorFrame & { t: "ping" }): void {
    for (const connection of this.#connections.values()) connection.send(ping);
    this.tls.tick(this.#parent.clock.now());
  }

  configurationChanged(): void {
    for (const [name, connection] of this.#connections) {
      if (childNamed(this.#parent.plan, name)?.role === "controller") this.#sendConfiguration(connection);
      else this.#sendSiblings(connection);
    }
  }

  greet(hello: ChildFrame & { t: "hello" }, connection: HubConnection): void {
    const { role, name, pid, instance, version, epoch } = hello;
    const { clock, logger, plan } = this.#parent;
    const identity = identify(pid);
    if (identity === null || (role !== "proxy" && role !== "controller")) return connection.close();
    const known = childNamed(plan, name);
    if (known?.identity && known.identity.pid !== pid && !this.#processes.isGone(name)) {
      logger.warn({ child: name, childPid: pid }, "a second process of this name is asked to leave");
      connection.name = null;
      return connection.send({ t: "drain", withinMs: 0 });
    }
    this.#connections.set(name, connection);
    this.#processes.adopt(name, identity);
    this.#parent.dispatch({ t: "hello", role, name, identity, instance, version, epoch });
    if (role === "controller") this.#sendConfiguration(connection);
    else {
      this.#sendSiblings(connection);
      this.tls.greet(name, connection, hello.ticketKey, clock.now());
    }
  }

  #sendSiblings(connection: HubConnection): void {
    connection.send({ t: "siblings", proxies: this.#parent.sourced.configuration.proxies });
  }

  #sendConfiguration(connection: HubConnection): void {
    const { sourced, listeners } = this.#parent;
    const { configuration, file, values = [] } = sourced;
    connection.send({
      t: "configuration",
      traffic: configuration.traffic,
      digest: digestOf(configuration),
      listen: listeners.map(doorAddress),
      told: { file, values },
    });
  }

  hear(frame: ChildFrame, connection: HubConnection): void {
    const { name } = connection;
    if (name === null || this.#connections.get(name) !== connection) return;
    const parent = this.#parent;
    switch (frame.t) {
      case "ready":
        parent.logger.info({ child: name }, "a process is ready");
        // By what it serves is known at once, and not with the next tick.
        connection.send({ t: "ping", n: 0 });
        return parent.dispatch({ t: "ready", name });
      case "pong":
        this.words.heard(name, frame);
        return parent.dispatch({ t: "pong", name, term: frame.term, leader: frame.leader });
      case "leaving":
      case "drained":
        return parent.dispatch({ t: frame.t, name });
      case "certificates":
        return this.tls.heard(name, frame.certificates);
      case "hello":
      case "command":
        return;
    }
  }

  lost(connection: HubConnection): void {
    const { name } = connection;
    if (name === null || this.#connections.get(name) !== connection) return;
    this.#connections.delete(name);
    this.tls.lost(name);
    this.#parent.dispatch({ t: "disconnected", name });
    for (const ms of lookAfterMs) this.#parent.clock.after(ms, () => this.#processes.look());
  }

  /** Its process ended. */
  exited(name: string): void {
    this.#connections.delete(name);
    this.tls.gone(name);
    this.words.gone(name);
  }
}
