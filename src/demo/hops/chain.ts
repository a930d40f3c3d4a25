import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, isOpen } from "../cluster/free-port.ts";
import { GatewayProcess } from "../cluster/gateway-process.ts";
import { eventually } from "../wait.ts";
import { Tier } from "./tier.ts";

const startMs = 30_000;
const lastOnes = 3;

export interface ChainOptions {
  proxies: number;
  /** What is late is asked for twice. Default: not. */
  hedge?: boolean;
}

/** Services of which each asks the next, all through one gateway: every hop is a request of its own at its proxies. */
export class Chain {
  /** One of each service, but for the last. */
  readonly tiers: Tier[] = [];
  /** Of the last service there are several: what fails at one of them may be repeated at another. */
  readonly last: Tier[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "skein-hops-"));
  readonly #gateway: GatewayProcess;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #onExit = (): void => this.#killAll();

  /** Resolves when a request to the first is answered by the last. */
  static async start(length: number, options: ChainOptions): Promise<Chain> {
    const [port = 0, controlPort = 0] = await freePorts(2);
    const chain = new Chain(port);
    await chain.#start(length, controlPort, options);
    return chain;
  }

  private constructor(port: number) {
    this.#port = port;
    const state = join(this.#directory, "state");
    this.#gateway = new GatewayProcess({ directory: this.#directory, config: this.#config, state });
    process.on("exit", this.#onExit);
  }

  get #config(): string {
    return join(this.#directory, "skein.config.json");
  }

  get #all(): Tier[] {
    return [...this.tiers, ...this.last];
  }

  async #start(length: number, controlPort: number, { proxies, hedge }: ChainOptions): Promise<void> {
    const services = Array.from({ length }, (_, at) => `tier-${at + 1}`);
    const configuration = {
      listen: `127.0.0.1:${this.#port}`,
      control: `127.0.0.1:${controlPort}`,
      state: join(this.#directory, "state"),
      proxies,
      controllers: 1,
      services: Object.fromEntries(services.map((service) => [service, { hedge: hedge === true }])),
      routes: Object.fromEntries(services.map((to) => [`/${to}/*`, { to, strip: true }])),
    };
    writeFileSync(this.#config, JSON.stringify(configuration));
    this.#gateway.start();
    const [gateway, control] = [configuration.listen, configuration.control];
    await eventually(() => isOpen(controlPort), { withinMs: startMs });
    const tier = (service: string, next?: string): Tier =>
      new Tier({ service, next, gateway, control }, this.#directory);
    for (let at = 0; at + 1 < length; at += 1) this.tiers.push(tier(services[at]!, services[at + 1]));
    for (let more = 0; more < lastOnes; more += 1) this.last.push(tier(services.at(-1)!));
    await Promise.all(this.#all.map(async (each) => each.next("joined")));
    const answered = async (): Promise<true | undefined> =>
      (await this.ask("/")) === 200 ? true : undefined;
    const ready = await eventually(answered, { withinMs: startMs });
    if (ready !== true) throw new Error(`hops: the chain does not answer; logs in ${this.#directory}`);
  }

  /** The status of the answer; 0: none. */
  async ask(path: string): Promise<number> {
    return await new Promise((resolve) => {
      const asked = this.send(path);
      asked.on("response", (answer) => {
        answer.resume();
        answer.on("close", () => resolve(answer.statusCode ?? 0));
      });
      asked.on("error", () => resolve(0));
    });
  }

  send(path: string): ClientRequest {
    return request({ host: "127.0.0.1", port: this.#port, path: `/tier-1${path}`, agent: this.#agent }).end();
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    for (const tier of this.#all) tier.kill();
    await this.#gateway.stop();
    process.off("exit", this.#onExit);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** The end of this process came before `stop`. */
  #killAll(): void {
    for (const tier of this.#all) tier.kill();
    this.#gateway.killAll();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
