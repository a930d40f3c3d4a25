// A service as a user writes it. Commands on the IPC channel make it misbehave.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "skein";

const server = createServer((request, response) => {
  const waitMs = Number(new URL(request.url ?? "/", "http://x").searchParams.get("ms") ?? 0);
  const answer = (): void => void response.end(`answer of ${process.pid}`);
  request.resume().on("end", () => setTimeout(answer, waitMs));
});
server.listen(0);
if (process.env["OWN_HANDLER"] === "on") {
  process.once("SIGTERM", () => {
    console.log("own handler");
    server.close((error) => {
      console.log(`own close: ${error === undefined ? "done" : error.message}`);
      process.exit(7);
    });
  });
}
if (process.env["BUSY_START_MS"] !== undefined) {
  const joining = join(server, "orders");
  const until = Date.now() + Number(process.env["BUSY_START_MS"]);
  while (Date.now() < until);
  await joining;
} else {
  await join(server, "orders");
}
console.log(`port ${(server.address() as AddressInfo).port}`);
console.log(`sigterm listeners ${process.listenerCount("SIGTERM")}`);
process.on("message", (blockMs: number) => {
  const until = Date.now() + blockMs;
  while (Date.now() < until);
});
process.channel?.unref();
