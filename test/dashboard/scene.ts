import { ControlServer } from "../../src/control/server.ts";
import { TestPorts, testToken, workerView } from "../../src/control/testing-ports.ts";
import type { Route } from "../../src/protocol/configuration.ts";
import type { ControllersReply, ServicesReply, WorkerView } from "../../src/protocol/discovery.ts";
import type { StatisticsReport } from "../../src/protocol/evidence.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import type { Ends } from "./browser.ts";
import { dashboardDirectory } from "../../src/runtime/dashboard-place.ts";

/** A controller that tells whatever a test puts into it, over a real socket. */
export class Scene {
  readonly ports = new ScenePorts();
  url = "";
  readonly #server = new ControlServer({
    ports: this.ports,
    clock: systemClock,
    acceptPeer: () => {},
    peerFrameBytesMax: 1024,
    dashboard: dashboardDirectory(),
  });

  static async open(t: Ends): Promise<Scene> {
    const scene = new Scene();
    t.after(() => scene.close());
    scene.url = `http://${await scene.#server.listen({ host: "127.0.0.1", port: 0 })}`;
    return scene;
  }

  /** No controller answers any more. */
  close(): void {
    this.#server.close();
  }

  get dashboard(): string {
    return `${this.url}/dashboard/`;
  }

  get login(): string {
    return `${this.dashboard}#token=${testToken}`;
  }
}

class ScenePorts extends TestPorts {
  routesThere: Route[] = [];
  /** Proxies that serve, and that no controller hears. */
  readonly silent = new Set<string>();
  #requests = 0;

  override workersThere: WorkerView[] = ["a", "b", "c"].map((id) => ({
    ...workerView("orders", `orders-${id}`),
    load: { inFlight: 1, eventLoopDelayP99Ms: 11.2, eventLoopUtilization: 0.04 },
    version: "1.4.2",
    zone: "north",
  }));

  override controllers = (): ControllersReply => ({
    v: 1,
    term: 3,
    leader: "controller-1",
    controllers: [1, 2].map((at) => ({
      name: `controller-${at}`,
      instance: `instance-${at}`,
      url: `http://127.0.0.1:760${at}`,
      role: at === 1 ? "leader" : "standby",
      term: 3,
      self: at === 1,
    })),
  });

  override services = (): ServicesReply => {
    const names = [...new Set(this.workersThere.map(({ service }) => service))].sort();
    const services = names.map((name) => {
      const members = this.workersThere.filter(({ service }) => service === name);
      const of = (state: WorkerView["state"]): number => members.filter((one) => one.state === state).length;
      return {
        name,
        configured: true,
        policy: "p2c",
        check: { kind: "none" } as never,
        preserving: false,
        workers: {
          total: members.length,
          live: of("live"),
          suspect: of("suspect"),
          draining: of("draining"),
          left: of("left"),
          dead: of("dead"),
        },
      };
    });
    return { v: 1, services };
  };

  override routes = (): { v: 1; revision: number; routes: Route[] } => ({
    v: 1,
    revision: 1,
    routes: this.routesThere,
  });

  override drain = async (service: string, id: string, on: boolean): Promise<void> => {
    this.done.push(`${on ? "drain" : "undrain"} ${service}/${id}`);
    this.change(id, { desired: on ? "drain" : "serve", state: on ? "draining" : "live" });
  };

  override weigh = async (service: string, id: string, weight: number | null): Promise<void> => {
    this.done.push(`weight ${service}/${id} ${weight}`);
    this.change(id, { weight: weight ?? 1, weightSet: weight });
  };

  change(id: string, changes: Partial<WorkerView>): void {
    this.workersThere = this.workersThere.map((one) => (one.id === id ? { ...one, ...changes } : one));
  }

  /** What they told last, and since then in each second that nothing is new. */
  override reports = (): StatisticsReport[] =>
    this.reported.map((report) => {
      const { process } = report;
      if (process?.upMs === undefined || this.silent.has(report.proxy)) return report;
      const seconds = Math.floor((performance.now() - process.upMs) / 1_000);
      return { ...report, process: { ...process, upMs: process.upMs + 1_000 * seconds } };
    });

  /** The proxies' reports after so many further requests, which were shared by those workers. */
  serve(requests: number, by: readonly string[] = ["orders-a", "orders-c"]): void {
    this.#requests += requests;
    const done = this.#requests;
    const latency = Array.from({ length: 14 }, (_, at) =>
      Math.floor(done * (at === 1 ? 0.9 : at === 4 ? 0.1 : 0)),
    );
    const process = { heapBytes: 1, deadlines: 0, upMs: performance.now() };
    const heard = this.reported.filter(({ proxy }) => this.silent.has(proxy));
    this.reported.splice(
      0,
      Infinity,
      ...heard,
      ...["proxy-1", "proxy-2"]
        .filter((proxy) => !this.silent.has(proxy))
        .map((proxy): StatisticsReport => ({
          v: 1,
          proxy,
          instance: proxy,
          process,
          connections: { open: 4, accepted: 4, refused: 0 },
          services: {
            orders: {
              requests: done,
              byStatusClass: [0, done, 0, 0, 0],
              inFlight: 2,
              bytesIn: 0,
              bytesOut: 0,
              latency,
              latencySumMs: 0,
            },
          },
          workers: by.map((id) => ({
            service: "orders",
            id,
            answers: Math.floor(done / by.length),
            errors: 0,
            latency: latency.map((value) => Math.floor(value / by.length)),
            latencySumMs: done,
          })),
          problems: {},
          retries: { taken: 0, denied: 0 },
          poisoned: {},
        })),
    );
  }
}
