// A worker with nothing but node:http.      npm install ./skein-0.1.0.tgz && node node-http.js
import { createServer } from "node:http";
import { join } from "skein";

const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ hello: "node:http", path: request.url }));
});

server.listen(Number(process.env.PORT ?? 0));
const worker = await join(server, "orders");
console.log(`${worker.id} ${worker.state}`);
