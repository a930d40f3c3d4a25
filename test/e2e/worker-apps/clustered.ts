// node:cluster: two processes share one port.
import cluster from "node:cluster";
import { createServer } from "node:http";

if (cluster.isPrimary) {
  const children = [cluster.fork(), cluster.fork()];
  for (const { process: child } of children) console.log(`child ${child.pid}`);
  process.on("exit", () => {
    for (const { process: child } of children) child.kill("SIGKILL");
  });
} else {
  const server = createServer((_request, response) => response.end(`answer of ${process.pid}`));
  server.listen(0, "127.0.0.1");
}
