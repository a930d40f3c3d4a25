import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import { AddressRules } from "../control/address-rules.ts";
import { Arrivals } from "../control/arrivals.ts";
import { trustedCaller } from "../control/caller.ts";
import type { ControlPorts } from "../control/ports.ts";
import { Session } from "../control/session-server.ts";
import { controlPorts } from "../controller/control-ports.ts";
import type { SentConfiguration } from "../controller/configuration-writer.ts";
import { Controller } from "../controller/controller.ts";
import type { MemoryPeerHub } from "../peers/memory-transport.ts";
import type { Evidence } from "../protocol/evidence.ts";
import type { Prober } from "../registry/probe.ts";
import { silentLogger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import { MemoryStore, type MemoryStoreContent } from "../store/memory.ts";
import type { Lease, Store, StoreState, WriteOutcome } from "../store/store.ts";
import type { End, VirtualNetwork, Wire } from "./virtual-network.ts";
import { VirtualProcess } from "./virtual-time.ts";

/** A write that the store took, for whoever watches that only one controller writes at a time. */
export interface TakenWrite {
  atMs: number;
  lease: Lease;
}

export interface VirtualControllerOptions {
  name: string;
  instance: string;
  network: VirtualNetwork;
  hub: MemoryPeerHub;
  store: MemoryStoreContent;
  random: Random;
  configuration: SentConfiguration;
  onWrite: (write: TakenWrite) => void;
  onFailure: (error: unknown) => void;
}

/** What a caller opens a connection for; its first message. */
export type Purpose = "session" | "table";

/** The WebSocket's own frames, which no session sees. */
export const ping = "ping";
export const pong = "pong";

const controllersEveryMs = 250;

/**
 * A controller in virtual time: the product's own, with its sessions, table streams, peers and checks carried by the
 * virtual network, and one store in memory for all.
 */
export class VirtualController {
  readonly name: string;
  readonly instance: string;
  readonly process: VirtualProcess;
  readonly controller: Controller;
  readonly #options: VirtualControllerOptions;
  readonly #ports: ControlPorts;
  readonly #rules = new AddressRules(() => Promise.reject(new Error("no names in virtual time")));
  readonly #arrivals = new Arrivals();
  readonly #sessions = new Set<Session>();
  #told = "";

  constructor(options: VirtualControllerOptions) {
    this.#options = options;
    this.name = options.name;
    this.instance = options.instance;
    this.process = new VirtualProcess(options.network.time);
    this.controller = new Controller({
      name: options.name,
      instance: options.instance,
      clock: this.process.clock,
      random: options.random,
      prober: this.#prober(),
      store: this.#store(),
      transport: options.hub.transport(options.name),
      logger: silentLogger,
      token: "virtual",
      home: { gateway: "virtual", host: "virtual" },
      controlHost: "127.0.0.1",
      ownListeners: [],
      onStoreCorrupt: options.onFailure,
    });
    this.#ports = {
      ...controlPorts(this.controller, { render: () => "" }),
      url: () => urlOf(this.name),
      controllerUrls: () => this.#urls(),
      log: (fields) => options.onFailure(fields),
    };
  }

  async start(): Promise<void> {
    const { network, hub, configuration } = this.#options;
    hub.listen(this.name, this.controller.peers);
    network.listen(this.name, this.process, (caller) => this.#accept(caller));
    await this.controller.start({});
    this.controller.configure(configuration);
    this.process.clock.every(controllersEveryMs, () => this.#announceControllers());
  }

  get running(): boolean {
    return this.process.state === "running";
  }

  /** kill -9. */
  kill(): void {
    this.process.kill();
    this.#options.network.vanish(this.name);
    this.#options.hub.vanish(this.name);
  }

  /** A polite end: hands the leadership over, then goes. */
  async end(): Promise<void> {
    await this.controller.stop();
    this.kill();
  }

  #accept(caller: Wire): Omit<End, "node" | "process"> {
    let serve: { message: (text: string) => void; closed: () => void } | undefined;
    return {
      message: (text) => {
        if (serve !== undefined) serve.message(text);
        else serve = text === ("session" satisfies Purpose) ? this.#session(caller) : this.#table(caller);
      },
      closed: () => serve?.closed(),
    };
  }

  #session(caller: Wire): { message: (text: string) => void; closed: () => void } {
    const socket = new SocketTwin(caller);
    const webSocket = socket as unknown as WebSocket;
    const session = new Session({
      socket: webSocket,
      caller: trustedCaller,
      grant: { operator: true, opensLinks: true },
      ports: this.#ports,
      rules: this.#rules,
      arrivals: this.#arrivals,
      clock: this.process.clock,
    });
    this.#sessions.add(session);
    socket.on("close", () => this.#sessions.delete(session));
    return {
      message: (text) => {
        if (text === ping) caller.send(pong);
        else socket.emit("message", Buffer.from(text), false);
      },
      closed: () => socket.over(),
    };
  }

  /** The table stream of a proxy, and the evidence that it sends. */
  #table(caller: Wire): { message: (text: string) => void; closed: () => void } {
    const closed = this.#ports.subscribeTable((line) => caller.send(line), { opensLinks: false });
    return {
      message: (text) => this.#ports.evidence(JSON.parse(text) as Evidence[], "here"),
      closed,
    };
  }

  #urls(): string[] {
    return [this.name, ...this.controller.peers.peers.map((peer) => peer.name)].map(urlOf);
  }

  #announceControllers(): void {
    const urls = this.#urls();
    if (urls.join() === this.#told) return;
    this.#told = urls.join();
    for (const session of this.#sessions) session.controllers(urls);
  }

  #prober(): Prober {
    const { network } = this.#options;
    return (address, question, { goneMs, stoppedMs }) =>
      new Promise((done) => {
        const timeoutMs = question.kind === "connect" ? goneMs : stoppedMs;
        const { clock } = this.process;
        const node = `127.0.0.1:${address.port}`;
        const startedAt = clock.now();
        clock.after(timeoutMs, () => {
          clock.afterPendingInput(() => {
            const paused = clock.now() - startedAt > timeoutMs + 250;
            done({ kind: paused ? "void" : "silent" });
          });
        });
        const from: End = { node: this.name, process: this.process, message: () => {}, closed: () => {} };
        if (question.kind === "connect") {
          network.knock(this.name, node, (listens) => {
            this.process.deliver(() => done({ kind: listens ? "connected" : "refused" }));
          });
          return;
        }
        from.message = () => done({ kind: "answered", status: 200 });
        network.connect(
          from,
          node,
          (wire) => wire.send("check"),
          () => done({ kind: "refused" }),
        );
      });
  }

  /** The store in memory, whose news wait while this process is stopped, and whose writes are noted. */
  #store(): Store {
    const store = new MemoryStore(this.#options.store);
    const noted = async (lease: Lease, write: Promise<WriteOutcome>): Promise<WriteOutcome> => {
      const outcome = await write;
      if (outcome === "ok") this.#options.onWrite({ atMs: this.process.clock.now(), lease });
      return outcome;
    };
    return {
      silence: store.silence,
      condition: store.condition,
      place: store.place,
      presence: store.presence,
      get lastKnown() {
        return store.lastKnown;
      },
      open: () => store.open(),
      read: () => store.read(),
      acquire: (holder, seen, floor) => store.acquire(holder, seen, floor),
      beat: (lease) => noted(lease, store.beat(lease)),
      resign: (lease) => noted(lease, store.resign(lease)),
      write: (lease, changes) => noted(lease, store.write(lease, changes)),
      events: (afterId, limit) => store.events(afterId, limit),
      decide: () => store.decide(),
      close: () => store.close(),
      watch: (watcher) =>
        store.watch({
          changed: (state: StoreState) => this.process.deliver(() => watcher.changed(state)),
          failed: (error) => this.process.deliver(() => watcher.failed(error)),
        }),
    };
  }
}

/** What a session needs of a WebSocket. */
class SocketTwin extends EventEmitter {
  readonly bufferedAmount = 0;
  /** 1: open, 3: closed, as in WebSocket. */
  readyState = 1;
  readonly #wire: Wire;

  constructor(wire: Wire) {
    super();
    this.#wire = wire;
  }

  send(text: string): void {
    if (this.readyState === 1) this.#wire.send(text);
  }

  close(): void {
    if (this.readyState !== 1) return;
    this.#wire.close();
    this.over();
  }

  terminate(): void {
    this.close();
  }

  over(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit("close");
  }
}

export function urlOf(name: string): string {
  return `http://${name}`;
}
