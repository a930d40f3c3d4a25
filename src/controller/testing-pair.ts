import { MemoryPeerHub } from "../peers/memory-transport.ts";
import type { Prober } from "../registry/probe.ts";
import { trafficOf } from "../registry/testing-registry.ts";
import { silentLogger } from "../runtime/logger.ts";
import { seededRandom } from "../runtime/random.ts";
import { MemoryStore, MemoryStoreContent } from "../store/memory.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { controlPorts } from "./control-ports.ts";
import type { ControllerOptions } from "./controller-options.ts";
import { Controller } from "./controller.ts";

/** Controllers of one gateway, or of several, in virtual time: one store, memory between them, and a network where all connect. */
export class TestGateway {
  readonly time: VirtualTime;
  readonly content = new MemoryStoreContent();
  readonly #hub = new MemoryPeerHub();
  readonly #processes = new Map<Controller, VirtualProcess>();

  constructor(time = new VirtualTime()) {
    this.time = time;
  }

  async start(
    name: string,
    traffic = trafficOf([]),
    digest = "d1",
    more: Partial<Pick<ControllerOptions, "home" | "ownListeners" | "logger" | "store" | "elsewhere">> = {},
  ): Promise<Controller> {
    const process = new VirtualProcess(this.time);
    const prober: Prober = async () => ({ kind: "connected" });
    const controller = new Controller({
      name,
      instance: `${name}-life`,
      clock: process.clock,
      random: seededRandom(1),
      prober,
      store: new MemoryStore(this.content),
      transport: this.#hub.transport(name),
      logger: silentLogger,
      token: "0123456789abcdef",
      home: { gateway: "test", host: "test" },
      controlHost: "127.0.0.1",
      ownListeners: [],
      ...more,
      onStoreCorrupt: (error) => {
        throw error;
      },
    });
    this.#processes.set(controller, process);
    this.#hub.listen(name, controller.peers);
    await controller.start({});
    controller.configure({ traffic, digest });
    return controller;
  }

  kill(controller: Controller): void {
    this.#processes.get(controller)?.kill();
    this.#hub.vanish(controller.options.name);
  }

  /** What the control API may do with a controller. */
  ports(controller: Controller): ReturnType<typeof controlPorts> {
    return controlPorts(controller, { render: () => "" });
  }

  /** `kind service/worker` of every event in the store. */
  events(): string[] {
    return this.content.events.map((one) =>
      one.worker === undefined ? one.kind : `${one.kind} ${one.service}/${one.worker}`,
    );
  }
}
