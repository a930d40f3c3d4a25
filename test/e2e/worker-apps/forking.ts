// Forks a helper and starts a thread that listen too, once it listens itself.
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

const server = createServer((_request, response) => response.end("parent"));
server.listen(0, "127.0.0.1", () => {
  setImmediate(() => {
    const helper = join(import.meta.dirname, "server.ts");
    const child = fork(helper, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const thread = new Worker(helper);
    thread.on("online", () => console.log("thread online"));
    process.on("exit", () => child.kill("SIGKILL"));
    process.on("SIGTERM", () => process.exit(0));
    console.log(`parent ${process.pid} child ${child.pid}`);
  });
});
