import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { test, type TestContext } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import type { Presence } from "../protocol/presence.ts";
import { systemClock } from "../runtime/clock.ts";
import { ClusterClock } from "../runtime/cluster-clock.ts";
import { GatewaysTransport } from "./gateways-transport.ts";
import { newNonce, newPeerKeys, type PeerKeys, proofOf } from "./handshake.ts";
import { PeerNetwork } from "./network.ts";
import { peerFrameBytesMax, type PeerTransport } from "./peers.ts";
import { strangersMax, TcpPeers } from "./tcp-transport.ts";

const nobodyHere: PeerTransport = {
  names: async () => [],
  isHere: () => true,
  dial: () => assert.fail("nobody is here"),
  onChange: () => {},
  close: () => {},
};

/** What the store tells of everybody. */
class Board {
  readonly records = new Map<string, Presence>();
  readonly watchers = new Set<() => void>();

  put(presence: Presence): void {
    this.records.set(presence.controller, presence);
    for (const changed of this.watchers) changed();
  }
}

/** A controller of a gateway of its own, with nothing but its address and its peers. */
class Member {
  readonly network: PeerNetwork;
  readonly controller: string;
  readonly keys: PeerKeys;
  url = "";
  readonly #gateway: string;
  readonly #board: Board;
  readonly #tcp: TcpPeers;
  readonly #server: Server = createServer();
  readonly #heard: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(board: Board, gateway: string, keys = newPeerKeys()) {
    const home = { gateway, host: gateway };
    const controller = `${gateway}life`;
    const others = (): Presence[] => [...board.records.values()].filter((one) => one.gateway !== gateway);
    this.controller = controller;
    this.keys = keys;
    this.#gateway = gateway;
    this.#board = board;
    this.#tcp = new TcpPeers({
      controller,
      keys,
      clock: systemClock,
      others,
      dialled: ({ name }, failure = "met") => this.hear(`dialled ${name}: ${failure}`),
    });
    this.network = new PeerNetwork({
      self: { controller, name: `${gateway}/controller-1`, url: "http://127.0.0.1:1", home },
      clock: systemClock,
      transport: new GatewaysTransport({
        gateway,
        here: nobodyHere,
        elsewhere: () => others().map(({ name }) => name),
        dialElsewhere: (name, listener) => this.#tcp.dial(name, listener),
        onElsewhere: (changed) => void board.watchers.add(changed),
      }),
      ports: {
        clock: new ClusterClock(systemClock),
        leadership: () => ({ term: 3, leader: false }),
        snapshot: () => ({ items: [], settled: true }),
        onItems: (from, items) => this.hear(`${from.name} said ${items.map(({ kind }) => kind).join()}`),
        onSnapshot: (from) => this.hear(`${from.name} told all`),
        onPeer: ({ kind, peer }) => this.hear(`${kind} ${peer.name}`),
        onAsk: async (from, { target }) => ({
          status: 200,
          headers: {},
          body: `${from.name} asked ${target}`,
        }),
      },
    });
  }

  async listen(): Promise<string> {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: peerFrameBytesMax });
    this.#server.on("upgrade", (request, socket, head) => {
      const from = new URL(request.url ?? "", "http://x").searchParams.get("from") ?? "";
      sockets.handleUpgrade(request, socket, head, (upgraded) => {
        upgraded.on("close", () => this.hear(`closed ${from}`));
        const address = request.socket.remoteAddress ?? "";
        this.#tcp.accept(this.network, upgraded, { from, channel: "", address });
      });
    });
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.url;
  }

  presence(more: Partial<Presence> = {}): Presence {
    const { controller, url } = this;
    const gateway = this.#gateway;
    const key = this.keys.publicKey;
    return {
      controller,
      name: `${gateway}/controller-1`,
      gateway,
      host: gateway,
      url,
      key,
      clock: 1,
      ...more,
    };
  }

  start(): void {
    this.network.start();
    this.#board.put(this.presence());
  }

  hear(line: string): void {
    this.#heard.push(line);
    for (const wake of this.#waiting) wake();
  }

  /** Waits for a line beyond those that were waited for. */
  async hears(line: string): Promise<void> {
    while (!this.#heard.includes(line)) await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    this.#heard.splice(0, this.#heard.indexOf(line) + 1);
  }

  stop(): void {
    this.network.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function members(t: TestContext, ...gateways: string[]): Promise<{ board: Board; all: Member[] }> {
  const awake = setInterval(() => {}, 1000);
  const board = new Board();
  const all = gateways.map((gateway) => new Member(board, gateway));
  t.after(() => {
    clearInterval(awake);
    for (const member of all) member.stop();
  });
  for (const member of all) await member.listen();
  return { board, all };
}

/** Someone who connects to a member and says to be `from`. */
function stranger(t: TestContext, to: Member, from: string, localAddress = "127.0.0.1"): WebSocket {
  const url = new URL(`/v1/peer?from=${from}`, to.url);
  url.protocol = "ws:";
  const socket = new WebSocket(url, { localAddress });
  t.after(() => socket.terminate());
  socket.on("error", () => {});
  return socket;
}

test("controllers of two gateways meet over TCP, talk, ask, and see each other go", async (t) => {
  const { all } = await members(t, "a", "b");
  const [a, b] = all as [Member, Member];
  a.start();
  b.start();
  await Promise.all([a.hears("dialled b/controller-1: met"), b.hears("dialled a/controller-1: met")]);
  await Promise.all([a.hears("b/controller-1 told all"), b.hears("a/controller-1 told all")]);
  b.network.broadcast({ kind: "left", service: "web", id: "w1", generation: 1 });
  await a.hears("b/controller-1 said left");
  const request = { method: "POST", target: "/v1/workers/w1/drain", body: "" };
  assert.equal(
    (await a.network.ask(a.network.peers[0]!, request)).body,
    "a/controller-1 asked /v1/workers/w1/drain",
  );
  b.stop();
  await a.hears("down b/controller-1");
});

test("who does not stand in the store is not heard", async (t) => {
  const { all } = await members(t, "a");
  const [a] = all as [Member];
  a.start();
  const socket = stranger(t, a, "nobody");
  await once(socket, "close");
  assert.deepEqual(a.network.peers, []);
});

test("who stands there, and has not the key, is not heard; nor is a proof of another stream", async (t) => {
  const { board, all } = await members(t, "a");
  const [a] = all as [Member];
  a.start();
  const keys = newPeerKeys();
  const real = new Member(board, "b", keys);
  // At an address where nobody listens: it does not dial back.
  board.put(real.presence({ url: "http://127.0.0.1:9" }));
  const attempts = {
    "another's key": (listenerNonce: string, diallerNonce: string) =>
      proofOf(
        "dialler",
        { dialler: "blife", listener: "alife", listenerNonce, diallerNonce, channel: "" },
        newPeerKeys().privateKey,
      ),
    "an older challenge": (_listenerNonce: string, diallerNonce: string) =>
      proofOf(
        "dialler",
        { dialler: "blife", listener: "alife", listenerNonce: newNonce(), diallerNonce, channel: "" },
        keys.privateKey,
      ),
    "for another listener": (listenerNonce: string, diallerNonce: string) =>
      proofOf(
        "dialler",
        { dialler: "blife", listener: "clife", listenerNonce, diallerNonce, channel: "" },
        keys.privateKey,
      ),
    "no proof": () => "",
  };
  for (const [name, proof] of Object.entries(attempts)) {
    const socket = stranger(t, a, "blife");
    const [challenge] = (await once(socket, "message")) as [Buffer];
    const { nonce } = JSON.parse(String(challenge)) as { nonce: string };
    const own = newNonce();
    socket.send(JSON.stringify({ t: "proof", nonce: own, proof: proof(nonce, own) }));
    await once(socket, "close");
    assert.deepEqual(a.network.peers, [], name);
  }
});

test("a listener that has not the key of its record is told nothing", async (t) => {
  const { board, all } = await members(t, "a", "b");
  const [a, b] = all as [Member, Member];
  // Its record names another key: as if somebody else sat at its address.
  board.put(b.presence({ key: newPeerKeys().publicKey }));
  a.start();
  await b.hears("closed alife");
  await a.hears("dialled b/controller-1: who answers there is not the one that the store tells of");
  assert.deepEqual(b.network.peers, []);
});

test("why somebody cannot be met is told", async (t) => {
  const { board, all } = await members(t, "a", "b");
  const [a, b] = all as [Member, Member];
  b.stop();
  board.put(b.presence());
  a.start();
  await a.hears(`dialled b/controller-1: connect ECONNREFUSED ${new URL(b.url).host}`);
  // To c our record does not stand in the store.
  const far = new Member(new Board(), "c");
  t.after(() => far.stop());
  await far.listen();
  board.put(far.presence());
  await a.hears("dialled c/controller-1: it ended the connection before both knew each other");
});

test("strangers that say nothing are bounded, and let go", async (t) => {
  const { board, all } = await members(t, "a");
  const [a] = all as [Member];
  a.start();
  board.put(new Member(board, "b").presence({ url: "http://127.0.0.1:9" }));
  const silent = Array.from({ length: strangersMax }, () => stranger(t, a, "blife"));
  await Promise.all(silent.map((socket) => once(socket, "message")));
  const extra = stranger(t, a, "blife");
  await once(extra, "close");
  await Promise.all(silent.map((socket) => once(socket, "close")));
  const later = stranger(t, a, "blife");
  await once(later, "message");
});

test("a host whose strangers have all places keeps out nobody but itself", async (t) => {
  const { board, all } = await members(t, "a");
  const [a] = all as [Member];
  a.start();
  board.put(new Member(board, "b").presence({ url: "http://127.0.0.1:9" }));
  const silent = Array.from({ length: strangersMax }, () => stranger(t, a, "blife", "127.0.0.5"));
  await Promise.all(silent.map((socket) => once(socket, "message")));
  const oneLess = Promise.race(silent.map((socket) => once(socket, "close")));
  const other = stranger(t, a, "blife", "127.0.0.9");
  await once(other, "message");
  await oneLess;
  assert.equal(silent.filter(({ readyState }) => readyState === WebSocket.OPEN).length, strangersMax - 1);
});

test("a peer whose host is gone without a word is given up, and dialled again", async (t) => {
  const { board, all } = await members(t, "a");
  const [a] = all as [Member];
  let dialled = 0;
  let wake = (): void => {};
  const again = new Promise<void>((resolve) => (wake = resolve));
  // Accepts, and never says a word: as a host that has lost its power.
  const mute = createTcpServer((socket) => {
    socket.on("error", () => {});
    dialled += 1;
    if (dialled === 2) wake();
  });
  t.after(() => mute.close());
  mute.listen(0, "127.0.0.1");
  await once(mute, "listening");
  const { port } = mute.address() as AddressInfo;
  board.put(new Member(board, "b").presence({ url: `http://127.0.0.1:${port}` }));
  a.start();
  await again;
});
