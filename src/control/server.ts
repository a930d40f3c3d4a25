import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { getRequestListener } from "@hono/node-server";
import { type WebSocket, WebSocketServer } from "ws";
import { SkeinError } from "../protocol/error.ts";
import type { StoredToken } from "../protocol/join-token.ts";
import { channelLabel, type Stranger } from "../protocol/peer.ts";
import type { Clock } from "../runtime/clock.ts";
import { AddressRules, type Resolve, systemResolve } from "./address-rules.ts";
import { type ControlApp, createApp } from "./app.ts";
import { Arrivals } from "./arrivals.ts";
import { callerOf } from "./caller.ts";
import { DashboardFiles, dashboardPath } from "./dashboard-files.ts";
import { streamEvents } from "./event-stream.ts";
import { type Access, type Grant, guard, type GuardedRequest } from "./guard.ts";
import { LiveFeed } from "./live-feed.ts";
import { streamLive } from "./live-stream.ts";
import type { ControlPorts } from "./ports.ts";
import { problemAnswer } from "./problem-answer.ts";
import { RateLimit } from "./rate-limit.ts";
import { Session, sessionNumbers } from "./session-server.ts";
import { wholeNumber } from "./system-routes.ts";
import { streamTable } from "./table-stream.ts";
import { connectionsMaxWithin, TcpConnections } from "./tcp-connections.ts";
import { streamWorkers } from "./worker-stream.ts";

/** Where to listen. `fd`: a listening socket that was inherited; its owner keeps it when we close. */
export type Place = { path: string } | { host: string; port: number } | { fd: number };

export interface ControlServerOptions {
  ports: ControlPorts;
  clock: Clock;
  /** Takes the stream of another controller. It came over the unix socket: nobody else is believed. */
  acceptPeer(socket: WebSocket): void;
  /**
   * Takes the stream of who says to be this controller, of another gateway: it has still to prove that. Undefined: there
   * are no other gateways.
   */
  acceptStranger?: ((socket: WebSocket, stranger: Stranger) => void) | undefined;
  /** Longest frame of such a stream. */
  peerFrameBytesMax: number;
  /** Where the built dashboard lies. */
  dashboard: string;
  resolve?: Resolve;
  /** Everything but the unix sockets is served with TLS. PEM texts. */
  tls?: ServerTls | undefined;
  limits?: ControlLimits | undefined;
}

export interface ControlLimits {
  /** Over TCP, at all addresses together. */
  connectionsMax: number;
  /** From the connection to the end of the first head. */
  headMs: number;
}

export interface ServerTls {
  cert: string;
  key: string;
}

/** What is answered without the router: streams, and the dashboard's files. */
type Way = "table" | "workers" | "events" | "live" | "page";

const heartbeatsPerSecondMax = 10;
/** No head may take longer than a request. */
const serverOptions = {
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
  // A peer that is gone without a word is found by the kernel: nothing else is written to a stream that nothing happens on.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
} as const;
/** Of a process that may have so many files open. */
export function limitsWithin(filesMax = Infinity): ControlLimits {
  return { connectionsMax: connectionsMaxWithin(filesMax), headMs: 10_000 };
}

/** A crowd that comes back at once has its handshakes one after the other. */
const handshakeMs = 30_000;
/** Thousands of workers may connect again at once; the kernel lowers it where it allows less. */
const acceptBacklog = 4_096;

/** The control API on sockets: one set of handlers, any number of listening places. */
export class ControlServer {
  readonly app: ControlApp;
  readonly #options: ControlServerOptions;
  readonly #rules: AddressRules;
  readonly #arrivals = new Arrivals();
  readonly #servers = new Map<Server | SecureServer, Place>();
  readonly #live: LiveFeed;
  readonly #dashboard: DashboardFiles;
  readonly #limits: ControlLimits;
  readonly #tcp: TcpConnections;
  readonly #sessions = new Set<Session>();
  /** Streams that were opened by a join token, and its id. */
  readonly #streamReaders = new Map<ServerResponse, string>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: sessionNumbers.payloadBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
  });

  readonly #peerSockets: WebSocketServer;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? limitsWithin();
    this.#tcp = new TcpConnections(this.#limits.connectionsMax);
    this.#live = new LiveFeed(options.ports, options.clock);
    this.#dashboard = new DashboardFiles(options.dashboard);
    this.#peerSockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.peerFrameBytesMax,
      perMessageDeflate: false,
      clientTracking: false,
    });
    this.#rules = new AddressRules(options.resolve ?? systemResolve);
    const rate = new RateLimit(options.clock, heartbeatsPerSecondMax);
    this.app = createApp(options.ports, this.#rules, rate);
  }

  /** Resolves with the address it listens at. */
  async listen(place: Place): Promise<string> {
    const unix = "path" in place;
    const server = this.#serverFor(unix);
    this.#servers.set(server, place);
    await this.#listenAt(server, place);
    const address = server.address();
    if (address === null || typeof address === "string") return address ?? "";
    return address.family === "IPv6"
      ? `[${address.address}]:${address.port}`
      : `${address.address}:${address.port}`;
  }

  /** At a unix socket whose file was lost. Who is attached stays so. */
  async listenAgain(path: string): Promise<void> {
    for (const [server, place] of this.#servers) {
      if (!("path" in place) || place.path !== path) continue;
      server.close();
      await this.#listenAt(server, place);
    }
  }

  async #listenAt(server: Server | SecureServer, place: Place): Promise<void> {
    server.off("error", this.#acceptFailed);
    server.listen({ ...place, backlog: acceptBacklog });
    await once(server, "listening");
    server.on("error", this.#acceptFailed);
  }

  /** No descriptors are left, perhaps; the server goes on. */
  readonly #acceptFailed = (error: Error): void =>
    this.#options.ports.log({ err: error }, "the control server had an error");

  /** Tells every session where the controllers are. */
  announceControllers(urls: string[]): void {
    for (const session of this.#sessions) session.controllers(urls);
  }

  /** Ends the sessions and table streams that were opened by a token that is no more. */
  tokensChanged(tokens: readonly StoredToken[]): void {
    const good = new Set(tokens.map(({ id }) => id));
    for (const [response, id] of this.#streamReaders) if (!good.has(id)) response.destroy();
    for (const session of this.#sessions) session.tokensChanged(good);
  }

  close(): void {
    for (const server of this.#servers.keys()) {
      server.close();
      server.closeAllConnections();
    }
    for (const session of this.#sessions) {
      session.close("gateway-stopping", "This controller is stopping: use another one.", false);
    }
    this.#webSockets.close();
    this.#peerSockets.close();
  }

  /** A renewed certificate: connections that come from now on are shown it. */
  renew(tls: ServerTls): void {
    for (const server of this.#servers.keys()) if ("setSecureContext" in server) server.setSecureContext(tls);
  }

  #serverFor(unix: boolean): Server | SecureServer {
    const { app } = this;
    const answer = getRequestListener(
      (request, env) => {
        const incoming = env.incoming as IncomingMessage;
        const letIn = (): void => this.#tcp.letIn(incoming.socket);
        return app.fetch(request, { caller: callerOf(incoming, unix), letIn });
      },
      { overrideGlobalObjects: false },
    );
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#stream(request, response, unix)) return;
      answer(request, response).catch(() => response.destroy());
    };
    const { tls } = this.#options;
    const { headMs } = this.#limits;
    // Those that are too late are looked for more often than Node would by itself, which is every 30 s.
    const times = { headersTimeout: headMs, connectionsCheckingInterval: Math.min(1_000, headMs) };
    const settings = { ...serverOptions, ...times };
    const server =
      unix || tls === undefined
        ? createServer(settings, handle)
        : createSecureServer(
            { ...settings, ...tls, minVersion: "TLSv1.2", handshakeTimeout: handshakeMs },
            handle,
          );
    if (!unix) server.on("connection", (socket: Socket) => this.#tcp.take(socket));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head, unix));
    server.on("clientError", (_error, socket) => socket.destroy());
    return server;
  }

  /** Streams and files are written without a framework between. False: none of them. */
  #stream(request: IncomingMessage, response: ServerResponse, unix: boolean): boolean {
    const { method } = request;
    const url = method === "GET" || method === "HEAD" ? urlOf(request) : undefined;
    const way = url === undefined ? undefined : this.#wayOf(url, request.headers.accept ?? "");
    // A stream has no length that a HEAD could tell.
    if (url === undefined || way === undefined || (method === "HEAD" && way !== "page")) return false;
    try {
      const grant = this.#guard(request, way === "page" ? "page" : "read", unix);
      if (way !== "page") this.#endWithToken(response, grant);
      const { pathname, searchParams } = url;
      if (way === "table") this.#streamTable(response, searchParams, grant, unix);
      else if (way === "workers") {
        const caller = callerOf(request, unix);
        streamWorkers(response, this.#options.ports, searchParams.get("service"), caller);
      } else if (way === "events") this.#streamEvents(request, response, searchParams);
      else if (way === "live") this.#streamLive(response, searchParams, grant);
      else if (pathname.startsWith(dashboardPath)) this.#dashboard.answer(pathname, request, response);
      else response.writeHead(302, { location: dashboardPath }).end();
    } catch (error) {
      const { status, headers, body } = problemAnswer(error);
      response.writeHead(status, headers).end(body);
    }
    return true;
  }

  #wayOf({ pathname, searchParams }: URL, accepts: string): Way | undefined {
    const watched = searchParams.get("watch") === "1";
    if (watched && pathname === "/v1/routing-table") return "table";
    if (watched && pathname === "/v1/workers") return "workers";
    if (pathname === "/v1/events" && accepts.includes("text/event-stream")) return "events";
    if (pathname === "/v1/live") return "live";
    if (pathname.startsWith(dashboardPath) || `${pathname}/` === dashboardPath) return "page";
    // Who types the address into a browser wants to see something.
    return pathname === "/" && accepts.includes("text/html") ? "page" : undefined;
  }

  #streamTable(response: ServerResponse, query: URLSearchParams, grant: Grant, unix: boolean): void {
    const { ports } = this.#options;
    // Of the others, only those whom a token lets in as gateways are believed.
    if (grant.opensLinks) ports.sawTable(newestSeen(query), unix ? "here" : "elsewhere");
    // Only who may answer is asked: others would be waited for in vain.
    const answers = grant.opensLinks && query.get("answers") === "1";
    streamTable(response, ports, { opensLinks: grant.opensLinks, rowsMax: rowsWanted(query), answers });
  }

  #streamLive(response: ServerResponse, query: URLSearchParams, grant: Grant): void {
    const { ports, clock } = this.#options;
    const afterId = wholeNumber(query.get("after"), "after", 0, Number.MAX_SAFE_INTEGER);
    streamLive(response, ports, this.#live, clock, { operator: grant.operator, afterId });
  }

  /** A stream lives no longer than the join token that opened it. */
  #endWithToken(response: ServerResponse, { join }: Grant): void {
    if (join === undefined) return;
    this.#streamReaders.set(response, join.id);
    response.on("close", () => this.#streamReaders.delete(response));
  }

  #streamEvents(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const { ports, clock } = this.#options;
    const resumed = request.headers["last-event-id"];
    const given = typeof resumed === "string" ? resumed : query.get("after");
    const after = wholeNumber(given, "Last-Event-ID", ports.lastEventId(), Number.MAX_SAFE_INTEGER);
    streamEvents(response, ports, clock, after);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, unix: boolean): void {
    socket.on("error", () => socket.destroy());
    try {
      const pathname = urlOf(request)?.pathname;
      if (pathname === "/v1/session") this.#openSession(request, socket, head, unix);
      else if (pathname === "/v1/peer") this.#openPeer(request, socket, head, unix);
      else throw new SkeinError("notFound", "No WebSocket is served at this path.");
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  }

  #openSession(request: IncomingMessage, socket: Duplex, head: Buffer, unix: boolean): void {
    const grant = this.#guard(request, "worker", unix);
    const caller = callerOf(request, unix);
    const { ports, clock } = this.#options;
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const rules = this.#rules;
      const arrivals = this.#arrivals;
      const session = new Session({ socket: webSocket, caller, grant, ports, rules, arrivals, clock });
      this.#sessions.add(session);
      webSocket.on("close", () => this.#sessions.delete(session));
    });
  }

  #openPeer(request: IncomingMessage, socket: Duplex, head: Buffer, unix: boolean): void {
    const options = this.#options;
    const accept = unix
      ? (webSocket: WebSocket) => options.acceptPeer(webSocket)
      : strangers(request, options.acceptStranger);
    // Who does not prove soon to be a controller is cut by whoever takes it.
    this.#tcp.letIn(request.socket);
    this.#peerSockets.handleUpgrade(request, socket, head, accept);
  }

  #guard(request: IncomingMessage, access: Access, unix: boolean): Grant {
    const grant = guard(guardedOf(request, unix), access, this.#options.ports.guard());
    // Whoever likes may see a page.
    if (access !== "page") this.#tcp.letIn(request.socket);
    return grant;
  }
}

function guardedOf(request: IncomingMessage, unix: boolean): GuardedRequest {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
  return { method: request.method ?? "GET", header, caller: callerOf(request, unix) };
}

/** What takes a caller of `/v1/peer`, who says which controller it is, and is no web page. */
function strangers(
  request: IncomingMessage,
  accept: ControlServerOptions["acceptStranger"],
): (socket: WebSocket) => void {
  if (accept === undefined) throw new SkeinError("forbidden", "Controllers meet on their unix sockets only.");
  const from = urlOf(request)?.searchParams.get("from") ?? "";
  if (!/^[0-9a-z]{1,64}$/.test(from) || request.headers.origin !== undefined) {
    throw new SkeinError("forbidden", "Only controllers of this cluster meet here.");
  }
  const channel = channelOf(request.socket);
  const { address } = callerOf(request, false);
  return (socket) => accept(socket, { from, channel, address });
}

/** A name of the TLS connection that both its ends know, and nobody between two; empty: there is no TLS. */
function channelOf(socket: IncomingMessage["socket"]): string {
  if (!(socket instanceof TLSSocket)) return "";
  return socket.exportKeyingMaterial(32, channelLabel, Buffer.alloc(0)).toString("hex");
}

/** Undefined: a target that is no path of ours. Never read as relative to a URL: `/\\host` would name another host there. */
function urlOf(request: IncomingMessage): URL | undefined {
  const target = request.url ?? "";
  const text = `http://skein${target}`;
  return target.startsWith("/") && URL.canParse(text) ? new URL(text) : undefined;
}

/** The server has no eye on such a connection any more: nobody but this one ends it, whatever its peer sends or leaves out. */
function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, headers, body } = problemAnswer(error);
  const lines = Object.entries({
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.once("finish", () => socket.destroy());
  socket.resume();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n${head}\r\n${body}`);
}

function newestSeen(query: URLSearchParams): { term: number; revision: number } {
  const whole = (name: string): number => wholeNumber(query.get(name), name, 0, Number.MAX_SAFE_INTEGER);
  return { term: whole("term"), revision: whole("revision") };
}

const rowsMaxLeast = 100;

/** Undefined: the whole table in one line. */
function rowsWanted(query: URLSearchParams): number | undefined {
  const rows = wholeNumber(query.get("rows"), "rows", 0, Number.MAX_SAFE_INTEGER);
  return rows === 0 ? undefined : Math.max(rowsMaxLeast, rows);
}
