// The workers of one peer, in a process of their own: one server that answers for many addresses, or, where it is to
// join a gateway, one server for each worker.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "../../src/worker/index.ts";
import { benchService } from "./service.ts";
import type { WorkerOrders, WorkerReport } from "./worker-process.ts";

async function listen(host: string): Promise<{ server: Server; port: number }> {
  const server = benchService();
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(0, host, 16_384, done);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function obey(orders: WorkerOrders): Promise<number[]> {
  if (orders.join === undefined) return [(await listen("0.0.0.0")).port];
  const { control, service, count } = orders.join;
  const ports: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const { server, port } = await listen("127.0.0.1");
    ports.push(port);
    const worker = await join(server, service, { id: `bench-${index}`, control, waitMs: 20_000 });
    if (worker.state !== "joined") throw new Error(`worker ${index} is ${worker.state}, not joined`);
  }
  return ports;
}

function say(report: WorkerReport): void {
  process.send?.(report);
}

process.on("disconnect", () => process.exit(0));
process.once("message", (orders: WorkerOrders) => {
  obey(orders).then(
    (ports) => say({ t: "ready", ports }),
    (error: Error) => say({ t: "failed", detail: error.message }),
  );
});
