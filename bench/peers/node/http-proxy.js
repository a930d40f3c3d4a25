// http-proxy with a pool of kept connections.
import { Agent, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import httpProxy from "http-proxy";
import { forwardingFields, hasRoute, pick, port, requestId, tls, workers } from "./orders.js";

const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true, maxFreeSockets: 1024 }) });

proxy.on("proxyReq", (upstream, request, response) => {
  const fields = forwardingFields(request, requestId());
  for (const name in fields) upstream.setHeader(name, fields[name]);
  response.setHeader("x-request-id", fields["x-request-id"]);
  response.setHeader("via", fields.via);
});
proxy.on("proxyReqWs", (upstream, request) => {
  const fields = forwardingFields(request, requestId());
  for (const name in fields) upstream.setHeader(name, fields[name]);
});
proxy.on("error", (error, request, response) => {
  if (typeof response.writeHead === "function" && !response.headersSent) response.writeHead(502).end();
  else response.destroy();
});

function forward(request, response) {
  if (!hasRoute(request.url)) return response.writeHead(404).end();
  proxy.web(request, response, { target: workers[pick()] });
}

const server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
server.keepAliveTimeout = 75_000;
server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head, { target: workers[pick()] }));
server.listen(port, "127.0.0.1", 4096);
