import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { WebSocketServer } from "ws";
import { ClusterClock } from "../runtime/cluster-clock.ts";
import { systemClock } from "../runtime/clock.ts";
import { type Places, placesIn } from "../runtime/places.ts";
import { PeerNetwork } from "./network.ts";
import { type PeerChange, peerFrameBytesMax } from "./peers.ts";
import { acceptPeer, UnixPeerTransport } from "./unix-transport.ts";

/** A controller with nothing but its socket and its peers; tells what it hears to those who wait for it. */
class Member {
  readonly network: PeerNetwork;
  readonly #name: string;
  readonly #places: Places;
  readonly #server: Server = createServer();
  readonly #heard: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(places: Places, name: string) {
    this.#name = name;
    this.#places = places;
    this.network = new PeerNetwork({
      self: {
        controller: `${name}-life`,
        name,
        url: "http://127.0.0.1:1",
        home: { gateway: "g", host: "h" },
      },
      clock: systemClock,
      transport: new UnixPeerTransport(places),
      ports: {
        clock: new ClusterClock(systemClock),
        onAsk: async () => ({ status: 200, headers: {}, body: "" }),
        leadership: () => ({ term: 3, leader: false }),
        snapshot: () => ({ items: [], settled: true }),
        onItems: (from, items) => this.#hear(`${from.name} said ${items.map(({ kind }) => kind).join()}`),
        onSnapshot: (from, settled) => this.#hear(`${from.name} settled ${settled}`),
        onPeer: ({ kind, peer }: PeerChange) => this.#hear(`${kind} ${peer.controller} term ${peer.term}`),
      },
    });
  }

  async start(): Promise<void> {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: peerFrameBytesMax });
    this.#server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (upgraded) => acceptPeer(this.network, upgraded));
    });
    await new Promise<void>((done) => {
      this.#server.listen(this.#places.controllerSocket(this.#name), done);
    });
    this.network.start();
  }

  async hears(line: string): Promise<void> {
    while (!this.#heard.includes(line)) await new Promise<void>((resolve) => void this.#waiting.add(resolve));
  }

  stop(): void {
    this.network.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #hear(line: string): void {
    this.#heard.push(line);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

async function places(t: TestContext): Promise<Places> {
  const state = await mkdtemp(join(tmpdir(), "skein-peers-"));
  const found = placesIn(state);
  await mkdir(found.run, { recursive: true });
  const awake = setInterval(() => {}, 1000);
  t.after(async () => {
    clearInterval(awake);
    await rm(state, { recursive: true, force: true });
  });
  return found;
}

test("two controllers meet over their unix sockets, talk, and see each other go", async (t) => {
  const where = await places(t);
  const [one, two] = [new Member(where, "controller-1"), new Member(where, "controller-2")];
  t.after(() => [one, two].forEach((member) => member.stop()));
  await one.start();
  await two.start();
  await Promise.all([
    one.hears("up controller-2-life term 3"),
    two.hears("up controller-1-life term 3"),
    one.hears("controller-2 settled true"),
    two.hears("controller-1 settled true"),
  ]);
  two.network.broadcast({ kind: "left", service: "web", id: "w1", generation: 1 });
  await one.hears("controller-2 said left");
  two.stop();
  await one.hears("down controller-2-life term 3");
});

test("a dead socket file and a missing directory are no error", async (t) => {
  const where = await places(t);
  const dead = new Member(where, "controller-9");
  await dead.start();
  const alive = new Member(where, "controller-1");
  t.after(() => alive.stop());
  await alive.start();
  await alive.hears("up controller-9-life term 3");
  dead.stop();
  await alive.hears("down controller-9-life term 3");
  const nowhere = new UnixPeerTransport(placesIn(join(where.state, "none")));
  nowhere.onChange(() => {});
  await assert.rejects(nowhere.names());
  nowhere.close();
});
