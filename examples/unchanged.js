// A program that knows nothing of skein:      node --import skein/auto unchanged.js
// Behind a gateway while you work on it:      npx skein dev examples/unchanged.js -i 3
import { createServer } from "node:http";

createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ hello: "unchanged", path: request.url, pid: process.pid }));
}).listen(Number(process.env.PORT ?? 3000));
