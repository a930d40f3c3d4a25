import assert from "node:assert/strict";
import { createServer, Server } from "node:http";
import { createServer as createHttp2, createSecureServer as createSecureHttp2 } from "node:http2";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp } from "node:net";
import { test } from "node:test";
import fastify from "fastify";
import { SkeinError } from "../protocol/error.ts";
import { checkServer } from "./check-server.ts";

class Wrapped extends Server {}

const servers: [string, unknown][] = [
  ["http", createServer()],
  ["https", createHttps()],
  ["HTTP/2 that reads HTTP/1.1 as well", createSecureHttp2({ allowHTTP1: true })],
  ["a class of a framework's own", new Wrapped()],
  ["behind a proxy object", new Proxy(createServer(), {})],
  ["Fastify's app.server", fastify().server],
];

for (const [what, server] of servers) {
  test(`taken: ${what}`, () => checkServer(server));
}

const others: [string, unknown, RegExp][] = [
  ["nothing", undefined, /, not undefined\. With Express/],
  [
    "an Express app, which is a function",
    Object.assign(() => undefined, { listen: () => undefined }),
    /, not a function\. With Express and Koa it is what app\.listen\(\) returns/,
  ],
  ["a handler", () => undefined, /, not a function\./],
  ["a Fastify app", fastify(), /, not this object\..* with Fastify app\.server$/],
  ["a port", 8080, /, not this number\./],
  ["a TCP server", createTcp(), /, not a server of another protocol\./],
  ["HTTP/2", createHttp2(), /reads HTTP\/2 only, and the gateway speaks HTTP\/1\.1/],
  ["HTTP/2 over TLS", createSecureHttp2(), /reads HTTP\/2 only/],
];

for (const [what, given, message] of others) {
  test(`refused, with what to give instead: ${what}`, () => {
    assert.throws(
      () => checkServer(given),
      (error) => error instanceof SkeinError && error.code === "invalid" && message.test(error.detail),
    );
  });
}
