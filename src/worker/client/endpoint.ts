import { Agent, type IncomingMessage } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { isIP } from "node:net";
import type { Candidate } from "../../core/client/choose.ts";
import { type EndpointState, openEndpoint } from "../../core/client/endpoint.ts";
import type { Attempt } from "./attempt.ts";
import type { ClientOptions } from "./client-options.ts";

export interface EndpointPlace {
  host: string;
  port: number;
  secure: boolean;
  /** Of its certificate, and told to it when it is connected to. Default: `host`. */
  serverName?: string | undefined;
  /** For the Host of requests and probes that bear none of their own. Default: its address. */
  routedBy?: string | undefined;
}

export interface EndpointRules {
  kind: "gateway" | "worker";
  tls: NonNullable<ClientOptions["tls"]>;
}

/** Connections that are idle for longer are closed: gateways close theirs after 60 s, Node's servers after 5 s. */
const idleMs = { gateway: 30_000, worker: 4_000 };

/** A gateway or a worker: its connections, what is under way there, and what is thought of it. */
export class Endpoint implements Candidate {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Its address, for people. */
  readonly name: string;
  /** See EndpointPlace. */
  readonly routedBy: string;
  state: EndpointState = openEndpoint;
  /** As in Candidate. */
  doubt = 0;
  weight = 1;
  backup = false;
  inFlight = 0;
  /** When it last showed that it lives. */
  heardAt = 0;
  /** Tries without an answer so far. */
  readonly waiting = new Set<Attempt>();
  readonly #kept: Agent;
  readonly #once: Agent;
  readonly #kind: EndpointRules["kind"];

  constructor(place: EndpointPlace, rules: EndpointRules) {
    const { kind, tls } = rules;
    this.host = place.host;
    this.port = place.port;
    this.secure = place.secure;
    this.name = authority(place);
    this.routedBy = place.routedBy ?? this.name;
    this.#kind = kind;
    const secure = { servername: nameForTls(place.serverName ?? place.host), ...tls };
    const usual = { timeout: idleMs[kind], scheduling: "lifo", noDelay: true } as const;
    const agent = (keepAlive: boolean): Agent =>
      this.secure ? new SecureAgent({ ...secure, ...usual, keepAlive }) : new Agent({ ...usual, keepAlive });
    this.#kept = agent(true);
    this.#once = agent(false);
  }

  get open(): boolean {
    return this.state.kind === "open";
  }

  /**
   * A request that must not be sent twice does not ride on an idle connection to a worker, which may close it just
   * then: nobody could tell whether the request began. A gateway does not close one under a request.
   */
  agentFor(repeatable: boolean): Agent {
    return repeatable || this.#kind === "gateway" ? this.#kept : this.#once;
  }

  /** Each probe on a connection of its own. */
  get agentForProbes(): Agent {
    return this.#once;
  }

  /** A gateway that answers, but cannot serve, does not live for us. What a worker answers is its own affair. */
  livesBy(status: number): boolean {
    return this.#kind === "worker" || status < 500;
  }

  begins(attempt: Attempt): void {
    this.waiting.add(attempt);
    this.inFlight += 1;
  }

  /** `wholly`: no answer follows that takes its time. */
  ends(attempt: Attempt, wholly: boolean): void {
    this.waiting.delete(attempt);
    if (wholly) this.inFlight -= 1;
  }

  answers(answer: IncomingMessage, now: number): void {
    this.state = openEndpoint;
    this.heardAt = now;
    answer.once("close", () => (this.inFlight -= 1));
  }

  /** Lets go of connections that carry nothing: the other side is gone, or they are not needed any more. */
  dropIdle(): void {
    for (const sockets of Object.values(this.#kept.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

/**
 * One name for all connections of an endpoint, so that a probe is answered as a request would be: without one, Node goes by
 * the Host of each request. An address is no name in TLS; the certificate is then compared with the address itself.
 */
function nameForTls(host: string): string {
  return isIP(host) === 0 ? host : "";
}

function authority({ host, port, secure }: EndpointPlace): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === (secure ? 443 : 80) ? shown : `${shown}:${port}`;
}
