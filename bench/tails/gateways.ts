import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayProcess, pidsOf } from "../../src/demo/cluster/gateway-process.ts";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { eventually } from "../../src/demo/wait.ts";
import { pin } from "../machine/process.ts";
import type { Stops } from "../run/stops.ts";

const readyWithinMs = 30_000;

export interface TailGateway {
  port: number;
  control: string;
}

interface GatewayPlace {
  directory: string;
  /** Of the proxy; the others go to `otherCore`. */
  core: number;
  otherCore: number;
  /** At fixed addresses; none: they join. */
  workers: readonly number[];
  /** More about the service, and the route to it. */
  service?: object;
  route?: object;
}

/** The real product with its defaults and one proxy. Workers at fixed addresses are asked at `/healthz`, as the rivals do. */
export async function startGateway(place: GatewayPlace, stops: Stops): Promise<TailGateway> {
  const { directory, workers, core, otherCore, service = {}, route = {} } = place;
  mkdirSync(directory, { recursive: true });
  const [port = 0, controlPort = 0] = await freePorts(2);
  const control = `127.0.0.1:${controlPort}`;
  const state = join(directory, "state");
  const config = join(directory, "skein.json");
  const web = { workers: workers.map((each) => `127.0.0.1:${each}`), check: { http: "/healthz" } };
  const services = { web: { ...(workers.length === 0 ? {} : web), ...service } };
  const written = {
    listen: `127.0.0.1:${port}`,
    control,
    state,
    proxies: 1,
    services,
    routes: { "/": { to: "web", ...route } },
  };
  writeFileSync(config, JSON.stringify(written));
  const gateway = new GatewayProcess({ directory, config, state });
  gateway.start();
  stops.add(() => gateway.stop());
  const status = await eventually(
    async () => {
      const now = await gateway.status();
      return now.children.length === 3 && now.children.every((child) => child.state === "ready")
        ? now
        : undefined;
    },
    { withinMs: readyWithinMs, everyMs: 50 },
  );
  if (status === undefined) throw new Error(`skein is not ready; see ${join(directory, "gateway.log")}`);
  for (const pid of pidsOf(status, "proxy")) pin(pid, [core]);
  for (const pid of [status.supervisor.pid, ...pidsOf(status, "controller")]) pin(pid, [otherCore]);
  return { port, control: `http://${control}` };
}
