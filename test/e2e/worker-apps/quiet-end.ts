// Ends by itself when it was asked to close its server: nothing calls process.exit, and SIGTERM is not awaited.
import { createServer } from "node:http";
import { join } from "skein";

const server = createServer((_request, response) => response.end(`answer of ${process.pid}`));
server.listen(0, "127.0.0.1");
await join(server, "orders", { drainOnSigterm: false });
process.once("message", () => {
  process.disconnect?.();
  server.close(() => console.log("closed"));
});
process.on("exit", (code) => console.log(`exit ${code}`));
