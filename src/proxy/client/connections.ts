import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { writeOwnAnswer } from "../../http1/http1.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import type { Timer } from "../../runtime/clock.ts";
import { holderOf } from "../../runtime/holder-of.ts";
import { type Member, Slotted } from "../../runtime/slotted.ts";
import type { Engine } from "../engine.ts";
import { plainAddress } from "../peer.ts";
import { refusedConnection } from "../reports/refused-record.ts";
import { connectionsMaxWithin } from "../sockets/connections-max.ts";
import { initialRules } from "../table/initial-rules.ts";
import { Handshake } from "../tls/handshake.ts";
import type { Receptions, Welcome } from "../tls/receptions.ts";
import { type Accepted, plainlyAccepted } from "./accepted.ts";
import { ClientConnection } from "./client-connection.ts";
import { Holders } from "./holders.ts";

const plainWelcome: Welcome = { kind: "http" };

/** A connection from a client, before and after its handshake. */
interface ClientSocket extends Member {
  /** By whom it is held, where that is counted; else empty. */
  holder: string;
  /** The listener by which it came in clear; unset: it did not, or for a redirect alone. */
  readonly clearOf?: string;
  /** What comes is a burden and nothing else. */
  readonly isFlooded?: boolean;
  drain(): void;
  destroy(): void;
}

/** The connections are looked at so often, and at once where this process comes late to its timers. */
const looksMs = { usually: 1_000, late: 100 };

/** The connections of a proxy's clients: how they come in, and that they end. */
export class ClientConnections {
  readonly #engine: Engine;
  readonly #receptions: Receptions;
  readonly #open = new Slotted<ClientSocket>();
  readonly #holders = new Holders();
  readonly #servers: Server[] = [];
  readonly #filesMax: number;
  #max: number;
  #wanted = 0;
  #perAddressMax = 0;
  #drained: (() => void) | undefined;
  #tickedAt = -Infinity;
  #lookedAt: number;
  readonly #looks: Timer;

  /** `filesMax`: how many files this process may have open. */
  constructor(engine: Engine, receptions: Receptions, filesMax = Infinity) {
    this.#engine = engine;
    this.#receptions = receptions;
    this.#filesMax = filesMax;
    this.#max = connectionsMaxWithin(filesMax, initialRules.settings.limits.connectionsMax);
    this.#lookedAt = engine.clock.now();
    this.#looks = engine.clock.every(looksMs.late, () => this.#look());
  }

  /** A flood holds up this process without a word to anybody: it is seen by what has come. */
  #look(): void {
    const now = this.#engine.clock.now();
    const sinceMs = now - this.#tickedAt;
    this.#tickedAt = now;
    if (sinceMs < 2 * looksMs.late && now - this.#lookedAt < looksMs.usually) return;
    this.#lookedAt = now;
    const flooded = this.#open.all().filter((one) => one.isFlooded === true);
    if (flooded.length === 0) return;
    const details = { connections: flooded.length };
    this.#engine.logger.warn(details, "clients flood TLS with records that have no content: they are cut");
    for (const one of flooded) one.destroy();
  }

  /** No more than are wanted, nor than this process can have open. */
  limitTo({ connectionsMax: wanted, connectionsPerAddressMax = 0 }: ProxySettings["limits"]): void {
    this.#perAddressMax = connectionsPerAddressMax;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#max = connectionsMaxWithin(this.#filesMax, wanted);
    if (this.#max === wanted || !this.#tellsOfLimit()) return;
    this.#engine.logger.warn(
      { openFiles: this.#filesMax, "limits.connections": wanted, connections: this.#max },
      "fewer client connections are taken than limits.connections, as this process may open too few files: raise `ulimit -n` (LimitNOFILE=)",
    );
  }

  /** The proxies of a gateway may all open as many files: one tells it. Nobody who develops needs so many. */
  #tellsOfLimit(): boolean {
    return this.#engine.name === "proxy-1" && !this.#engine.rules().settings.hints;
  }

  /**
   * Accepts connections on an address or an inherited descriptor. `name`: of the listener in the configuration; this
   * waits until the routing table tells what its clients find, and its certificates are read. Without: plain HTTP.
   */
  async listen(options: ListenOptions | { fd: number }, name?: string): Promise<Server> {
    if (name !== undefined) await this.#receptions.whenReady(name);
    // Half-open clients are not waited for: an end from the client means that it is gone.
    const server = createServer({ noDelay: true }, (socket) =>
      this.#accept(
        socket,
        (name === undefined ? undefined : this.#receptions.of(name)) ?? plainWelcome,
        name,
      ),
    );
    if (this.#engine.draining) return server;
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ backlog: 1024, ...options }, () => {
        server.off("error", reject);
        server.on("error", (error) =>
          this.#engine.logger.error({ error: String(error) }, "accepting connections failed"),
        );
        resolve(server);
      });
    });
  }

  #accept(socket: Socket, welcome: Welcome, listener = ""): void {
    const { connections } = this.#engine.statistics;
    if (this.#open.size >= this.#max) {
      return this.#refuse(socket, welcome);
    }
    // A client that is gone already has no address any more.
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    const holder = this.#perAddressMax === 0 ? "" : this.#holderOf(socket.remoteAddress);
    if (holder !== "" && !this.#holders.take(holder, this.#perAddressMax)) {
      return this.#refuse(socket, welcome);
    }
    connections.accepted += 1;
    connections.open += 1;
    if (welcome.kind === "https") {
      const handshake = new Handshake(this.#engine, socket, welcome, (...ended) =>
        this.#shakenHands(...ended),
      );
      handshake.holder = holder;
      this.#open.add(handshake);
    } else if (welcome.kind === "redirect") this.#serve(plainlyAccepted(socket, welcome.port), holder);
    else this.#serve(plainlyAccepted(socket), holder, listener);
  }

  /** Empty: behind this address are many clients. */
  #holderOf(remoteAddress: string): string {
    const address = plainAddress(remoteAddress);
    return this.#engine.rules().trusted.trusts(address) ? "" : holderOf(address);
  }

  /** There are too many. */
  #refuse(socket: Socket, welcome: Welcome): void {
    this.#engine.statistics.connections.refused += 1;
    this.#engine.statistics.problem("too-many-connections");
    socket.on("error", () => {});
    // Before a handshake there is no way to say why, and one more is what cannot be afforded now.
    if (welcome.kind === "https") return void socket.destroy();
    const { status, fields, body } = refusedConnection(this.#engine, socket, "tooManyConnections");
    socket.end(writeOwnAnswer({ status, fields, body, keepAlive: false, headOnly: false }), "latin1", () =>
      socket.destroy(),
    );
  }

  #shakenHands(handshake: Handshake, accepted: Accepted | undefined): void {
    if (accepted === undefined) return this.#closed(handshake);
    this.#open.delete(handshake);
    this.#serve(accepted, handshake.holder);
  }

  #serve(accepted: Accepted, holder: string, clearOf = ""): void {
    const connection = new ClientConnection(this.#engine, accepted, this.#closed);
    connection.holder = holder;
    connection.clearOf = clearOf;
    this.#open.add(connection);
  }

  /** One for all connections. */
  readonly #closed = (connection: ClientSocket): void => {
    if (!this.#open.delete(connection)) return;
    this.#engine.statistics.connections.open -= 1;
    if (connection.holder !== "") this.#holders.release(connection.holder);
    if (this.#engine.draining && this.#open.size === 0) this.#drained?.();
  };

  /** Accepts no more. Resolves when all are closed, or time is up. */
  async drained(withinMs: number): Promise<void> {
    for (const server of this.#servers) server.close();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#engine.clock.after(withinMs, resolve);
    });
    if (this.#open.size > 0) await drained;
  }

  /** Ends those on which nothing is under way, after so long; the others when their answer is given. */
  endIdle(afterMs: number): void {
    const end = (): void => {
      for (const connection of this.#open.all()) connection.drain();
    };
    if (afterMs === 0) end();
    else this.#engine.clock.after(afterMs, end);
  }

  /** This listener takes no requests in clear any more: connections from before end, after the answer under way. */
  endClear(listener: string): void {
    for (const connection of this.#open.all()) if (connection.clearOf === listener) connection.drain();
  }

  /** Accepts no more, and cuts them all. */
  destroy(): void {
    this.#looks.cancel();
    for (const server of this.#servers) server.close();
    for (const connection of this.#open.all()) connection.destroy();
  }
}
