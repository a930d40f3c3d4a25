import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ConfigReply, RoutesReply } from "../../protocol/discovery.ts";
import type { EvaluationRequest } from "../../protocol/evaluation.ts";
import type { GatewayFile } from "../../protocol/supervision.ts";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { placesIn } from "../../runtime/places.ts";
import { sourceToArguments } from "../source.ts";

const readyWithinMs = 20_000;
const lookEveryMs = 50;

/** A gateway for development, as a process of its own: what breaks in it does not break the watching. */
export class DevGateway {
  readonly state: string;
  readonly #child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(options: { listen: string; control: string; state: string; config: string | undefined }) {
    this.state = resolve(options.state);
    const directory = process.cwd();
    const request: EvaluationRequest = {
      // Null: the one in the directory, if any.
      file: options.config === undefined ? null : resolve(directory, options.config),
      directory,
      flags: {
        listen: [options.listen],
        control: options.control,
        state: this.state,
        proxies: "1",
        controllers: "1",
        hints: true,
      },
    };
    const args = [entryFile("supervisor/main"), ...sourceToArguments({ kind: "evaluated", request })];
    this.#child = spawn(process.execPath, [...inheritedNodeFlags(), ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      // Its own group: Ctrl-C comes to us, and we end the instances first.
      detached: true,
      env: { ...process.env, SKEIN_LOG_LEVEL: process.env["SKEIN_LOG_LEVEL"] ?? "warn" },
    });
    this.ended = once(this.#child, "exit");
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Where it listens, once a controller answers; undefined when it ended before (it has said why). */
  async ready(): Promise<GatewayFile | undefined> {
    for (let waitedMs = 0; waitedMs < readyWithinMs && this.running; waitedMs += lookEveryMs) {
      const file = this.#file();
      if (file !== undefined && (await answers(`http://${file.control}/readyz`))) return file;
      await new Promise((done) => setTimeout(done, lookEveryMs));
    }
    return undefined;
  }

  /** The configuration file that it took, and where that sends requests; undefined: there is none, or nobody answers. */
  async routing(control: string): Promise<{ file: string; services: string[] } | undefined> {
    const read = async (path: string): Promise<unknown> => (await fetch(`http://${control}${path}`)).json();
    try {
      const { file } = (await read("/v1/config")) as ConfigReply;
      const { routes } = (await read("/v1/routes")) as RoutesReply;
      const services = routes.flatMap(({ to }) => to.map(({ service }) => service));
      return file === null ? undefined : { file, services };
    } catch {
      return undefined;
    }
  }

  /** Is this instance live in the registry? */
  async isLive(control: string, service: string, id: string): Promise<boolean> {
    try {
      const answer = await fetch(`http://${control}/v1/workers?service=${encodeURIComponent(service)}`);
      const { workers } = (await answer.json()) as { workers: { id: string; state: unknown }[] };
      return workers.some((worker) => worker.id === id && worker.state === "live");
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.ask();
    await this.ended;
  }

  /** To stop; the second time at once. */
  ask(): void {
    if (this.running) this.#child.kill("SIGTERM");
  }

  #file(): GatewayFile | undefined {
    try {
      return JSON.parse(readFileSync(placesIn(this.state).gatewayFile, "utf8")) as GatewayFile;
    } catch {
      return undefined;
    }
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
