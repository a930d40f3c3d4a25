// @fastify/http-proxy as its documentation shows it, with a choice of workers.
import httpProxy from "@fastify/http-proxy";
import Fastify from "fastify";
import { forwardingFields, hasRoute, pick, port, requestId, routes, tls, workers } from "./orders.js";

const app = Fastify({
  logger: false,
  keepAliveTimeout: 75_000,
  ...(tls === undefined ? {} : { https: tls }),
});

app.register(httpProxy, {
  upstream: "",
  websocket: true,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 60_000 },
  ...(routes === 1 ? {} : { preHandler: notFoundWithoutRoute }),
  replyOptions: {
    getUpstream: () => workers[pick()],
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      ...forwardingFields(request.raw, request.id),
    }),
    rewriteHeaders: (headers, request) => {
      const kept = { ...headers, "x-request-id": request.id, via: "1.1 node" };
      // They speak of the worker's connection: "keep-alive" to a client that asked for "close".
      delete kept.connection;
      delete kept["keep-alive"];
      return kept;
    },
  },
});
app.setGenReqId?.(requestId);

/** Ten thousand registered prefixes would each be a proxy with connections of its own. */
function notFoundWithoutRoute(request, reply, done) {
  if (hasRoute(request.raw.url)) done();
  else reply.code(404).send();
}

await app.listen({ port, host: "127.0.0.1", backlog: 4096 });
