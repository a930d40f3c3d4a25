// Calls `join` itself, in the callback of `listen`, and is started with skein/auto all the same.
import { createServer } from "node:http";
import { join } from "skein";

const server = createServer((_request, response) => response.end("own"));
server.listen(0, "127.0.0.1", () => {
  void join(server, "own-name").then((worker) => console.log(`joined ${worker.service}`));
});
