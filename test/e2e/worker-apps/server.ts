// An unchanged program: knows nothing of skein. `PORTS`: one server for each.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

for (const port of (process.env["PORTS"] ?? "0").split(",")) {
  const server = createServer((_request, response) => response.end(`answer of ${process.pid}`));
  server.listen(Number(port), "127.0.0.1", () => {
    console.log(`asked ${port} got ${(server.address() as AddressInfo).port}`);
  });
}
