// A worker of the soak: the order service with large bodies and a WebSocket that echoes; with a service in its
// assignment it joins, else it knows nothing of skein.
import { subscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import { join } from "../../worker/index.ts";
import { Ledger } from "../cluster/ledger.ts";
import { obeyRunner, readAssignment, report, type WorkerCommand } from "../cluster/worker-messages.ts";
import { soakService } from "./soak-service.ts";

const assignment = readAssignment();
const ledger = new Ledger(assignment.ledgerDirectory, assignment.id);
const server = createServer(
  soakService({ worker: assignment.id, workMs: 4, execute: (id) => ledger.append(id) }),
);

/** Whatever comes in to this process: requests and links. */
const open = new Set<Socket>();
subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket };
  open.add(socket);
  socket.on("close", () => open.delete(socket));
});
const webSockets = new WebSocketServer({ server });
webSockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
process.on("message", (command: WorkerCommand) => {
  if (command.t === "reset") for (const socket of open) socket.resetAndDestroy();
});
obeyRunner();

await new Promise<void>((done) => server.listen(assignment.port, "127.0.0.1", done));
report({ t: "listening", port: (server.address() as AddressInfo).port });
if (assignment.service !== undefined) {
  await join(server, assignment.service, { id: assignment.id, control: assignment.control ?? [] });
}
