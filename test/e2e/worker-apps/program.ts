// Any program: knows nothing of skein, listens on PORT. `/sick` makes its check fail, `/well` pass again.
import { createServer } from "node:http";

let well = true;
const server = createServer((request, response) => {
  if (request.url === "/crash") process.kill(process.pid, "SIGKILL");
  if (request.url === "/sick") well = false;
  if (request.url === "/well") well = true;
  response.statusCode = request.url === "/healthz" && !well ? 503 : 200;
  response.end(`answer of ${process.pid}`);
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => {
  console.log(`program ${process.pid} on ${process.env["PORT"]}`);
});
if (process.env["POLITE"] === "on") {
  process.on("SIGTERM", () => {
    console.log("program got SIGTERM");
    process.exit(5);
  });
}
