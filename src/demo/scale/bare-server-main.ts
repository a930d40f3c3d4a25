// The floor: a WebSocket server that receives the beats of the workers and does nothing at all with them.
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", backlog: 4096, perMessageDeflate: false });
let received = 0;
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", () => (received += 1));
});
server.on("listening", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => process.send?.({ received }));
process.on("disconnect", () => process.exit(0));
