// node:http in front, an undici Pool for each worker behind: what a Node programmer writes who wants it fast.
import { createServer, request as requestOf } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Pool } from "undici";
import { forwardingFields, hasRoute, pick, port, requestId, tls, workers } from "./orders.js";

const pools = workers.map(
  (origin) =>
    new Pool(origin, { connections: 128, pipelining: 1, headersTimeout: 30_000, keepAliveTimeout: 60_000 }),
);

const hopByHop = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function endToEnd(headers) {
  const kept = {};
  for (const name in headers) if (!hopByHop.has(name)) kept[name] = headers[name];
  return kept;
}

function hasBody({ headers }) {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function forward(request, response) {
  if (!hasRoute(request.url)) return response.writeHead(404).end();
  const id = requestId();
  const options = {
    path: request.url,
    method: request.method,
    headers: Object.assign(endToEnd(request.headers), forwardingFields(request, id)),
    body: hasBody(request) ? request : null,
  };
  const answer = ({ statusCode, headers }) => {
    const kept = endToEnd(headers);
    kept["x-request-id"] = id;
    kept.via = "1.1 node";
    response.writeHead(statusCode, kept);
    return response;
  };
  pools[pick()].stream(options, answer, (error) => {
    if (error === null) return;
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
}

function tunnel(request, socket, head) {
  const upstream = requestOf(workers[pick()] + request.url, {
    method: request.method,
    headers: { ...request.headers, ...forwardingFields(request, requestId()) },
  });
  socket.on("error", () => upstream.destroy());
  upstream.on("error", () => socket.destroy());
  upstream.on("upgrade", (answer, behind, first) => {
    const { rawHeaders } = answer;
    let fields = "";
    for (let index = 0; index < rawHeaders.length; index += 2)
      fields += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    if (first.length > 0) socket.write(first);
    if (head.length > 0) behind.write(head);
    behind.setNoDelay(true);
    behind.on("error", () => socket.destroy());
    socket.on("close", () => behind.destroy());
    socket.pipe(behind).pipe(socket);
  });
  upstream.end();
}

const server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
server.keepAliveTimeout = 75_000;
server.on("upgrade", tunnel);
server.listen(port, "127.0.0.1", 4096);
