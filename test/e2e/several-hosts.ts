import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { ControllersReply, WorkersReply } from "../../src/protocol/discovery.ts";
import { allReady, eventually, TestGateway } from "./harness.ts";
import type { Answer, Host, HostNetwork } from "./host-network.ts";

/** An etcd of one member; its clients' address. */
export async function startEtcd(t: TestContext, host: Host): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "skein-etcd-host-"));
  const client = `http://${host.address}:2379`;
  const peer = `http://${host.address}:2380`;
  const flags = [
    ["--name", "m1", "--data-dir", directory, "--initial-cluster", `m1=${peer}`],
    ["--listen-client-urls", client, "--advertise-client-urls", client],
    ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
    ["--logger", "zap", "--log-level", "error"],
  ];
  host.run(t, ["etcd", ...flags.flat()], { ETCD_UNSUPPORTED_ARCH: process.arch });
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  await eventually(
    () => host.ask(`${client}/health`).status === 200 || undefined,
    () => "etcd serves",
  );
  return `${host.address}:2379`;
}

const workerProgram = `
  const { createServer } = require("node:http");
  const [host, port, name] = process.argv.slice(1);
  createServer((request, response) => { request.resume(); response.end(name); }).listen(Number(port), host, () => console.log("listens"));
`;

/** A plain worker that answers with its name. It tells nobody of itself. */
export async function startWorkerAt(
  t: TestContext,
  host: Host,
  port: number,
  name: string,
  address = host.address,
): Promise<string> {
  const child = host.run(t, [process.execPath, "-e", workerProgram, address, String(port), name]);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return `${address}:${port}`;
}

/** `skein ca init`, and `skein ca issue` for each host. */
export class TestClusterAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), "skein-cluster-ca-"));

  constructor(t: TestContext) {
    t.after(() => rmSync(this.#directory, { recursive: true, force: true }));
    this.#run("init");
  }

  get file(): string {
    return join(this.#directory, "ca.pem");
  }

  issue(address: string, state: string): void {
    this.#run("issue", "--host", address, "--state", state);
  }

  #run(...words: string[]): void {
    const program = new URL("../../src/cli/main.ts", import.meta.url).pathname;
    const command = ["--conditions=skein-source", program, "ca", ...words, "--dir", this.#directory];
    execFileSync(process.execPath, command, { stdio: "pipe" });
  }
}

/** A gateway on a host of its own, and how it is asked from there. */
export class HostGateway {
  readonly gateway: TestGateway;
  readonly host: Host;

  /** With certificates of the authority `ca`. */
  static async start(
    t: TestContext,
    network: HostNetwork,
    name: string,
    ca: TestClusterAuthority,
    configuration: object,
  ): Promise<HostGateway> {
    const host = network.host(name);
    const places = { listen: `${host.address}:8080`, control: `${host.address}:7600` };
    const gateway = TestGateway.prepare(t, {
      inside: host.inside,
      configuration: { proxies: 1, ...places, ...configuration },
    });
    ca.issue(host.address, gateway.places.state);
    gateway.up();
    await gateway.until("every process is ready", allReady);
    return new HostGateway(gateway, host, ca);
  }

  readonly #ca: TestClusterAuthority;

  private constructor(gateway: TestGateway, host: Host, ca: TestClusterAuthority) {
    this.gateway = gateway;
    this.host = host;
    this.#ca = ca;
  }

  get control(): string {
    return `https://${this.host.address}:7600`;
  }

  ask(path: string): Answer {
    return this.host.ask(`${this.control}${path}`, { ca: this.#ca.file });
  }

  workers(): WorkersReply["workers"] {
    return (JSON.parse(this.ask("/v1/workers").text) as WorkersReply).workers;
  }

  /** The operators' token of this gateway. */
  get token(): string {
    return readFileSync(this.gateway.places.tokenFile, "utf8").trim();
  }

  /** As the operator of this host. */
  change(path: string, body: object = {}): Answer {
    const { token } = this;
    const headers = { authorization: `Bearer ${token}` };
    return this.host.ask(`${this.control}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      ca: this.#ca.file,
    });
  }

  /** The command, as an operator types it on this host. */
  skein(...words: string[]): { code: number | null; out: string; error: string } {
    const [file = "", ...rest] = this.gateway.command([...words, "--state", this.gateway.places.state]);
    const { status, stdout, stderr } = spawnSync(file, rest, { encoding: "utf8" });
    return { code: status, out: stdout, error: stderr };
  }

  /** What a client of this gateway is answered. */
  served(): Answer {
    return this.host.ask(`http://${this.host.address}:8080/`);
  }

  /** `id=state` of every worker, in order. */
  states(): string {
    return this.workers()
      .map(({ id, state }) => `${id}=${state}`)
      .join(" ");
  }

  untilStates(wanted: string): Promise<true> {
    return eventually(
      () => this.states() === wanted || undefined,
      () => `workers at ${this.host.name} are ${wanted}; they are ${this.states()}\n${this.gateway.log()}`,
    );
  }

  untilControllers(count: number): Promise<ControllersReply> {
    return eventually(
      () => {
        const reply = JSON.parse(this.ask("/v1/controllers").text) as ControllersReply;
        const met = reply.controllers.length === count && reply.controllers.every(({ url }) => url !== "");
        return reply.leader !== null && met ? reply : undefined;
      },
      () => `${this.host.name} knows ${count} controllers\n${this.gateway.log()}`,
    );
  }

  /** How often a peer has come up, and gone down. */
  peerChanges(): { up: number; down: number } {
    const count = (change: string): number => this.gateway.log().split(`"change":"${change}"`).length - 1;
    return { up: count("up"), down: count("down") };
  }

  untilPeerChanges(wanted: { up: number; down: number }): Promise<true> {
    return eventually(
      () => {
        const { up, down } = this.peerChanges();
        return (up >= wanted.up && down >= wanted.down) || undefined;
      },
      () => `peers of ${this.host.name} changed ${JSON.stringify(wanted)}\n${this.gateway.log()}`,
    );
  }
}

/** `skein up --role proxy` on a host of its own. */
export async function startProxiesAt(
  t: TestContext,
  host: Host,
  gateways: readonly HostGateway[],
  token: string,
  ca: string,
): Promise<TestGateway> {
  const gateway = TestGateway.prepare(t, {
    inside: host.inside,
    configuration: {
      role: "proxy",
      join: gateways.map(({ control }) => control),
      listen: `${host.address}:8080`,
      proxies: 1,
    },
  });
  mkdirSync(dirname(gateway.places.tls.ca), { recursive: true });
  copyFileSync(ca, gateway.places.tls.ca);
  gateway.up(["--join-token", token]);
  await gateway.until("its proxies are ready", ({ children }) =>
    children.some(({ state }) => state === "ready"),
  );
  return gateway;
}
