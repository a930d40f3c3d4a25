import type { Server } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { SkeinError } from "../protocol/error.ts";

/** What frameworks say that they return: with Hono a server of HTTP/2 as well, which `checkServer` refuses if it is one. */
export type JoinableServer = Server | Http2Server | Http2SecureServer;

/**
 * Throws unless `join` was given a server that reads HTTP/1.1: the gateway speaks nothing else to workers. Told by its shape, for
 * frameworks wrap servers, and a class may be there twice.
 */
export function checkServer(given: unknown): asserts given is Server {
  if (readsHttp1(given)) return;
  if (hasMethods(given, "listen", "updateSettings")) {
    throw new SkeinError(
      "invalid",
      "join(server, service): server reads HTTP/2 only, and the gateway speaks HTTP/1.1 to workers: make it by node:http " +
        "(with Fastify leave http2 out), or let it read both (allowHTTP1)",
    );
  }
  throw new SkeinError(
    "invalid",
    `join(server, service): server must be the http.Server that listens, not ${kindOf(given)}. With Express and Koa it is what ` +
      "app.listen() returns, with Hono what serve() returns, with Fastify app.server",
  );
}

/** Node gives a time limit for heads to those servers that read HTTP/1.1, also to those of HTTP/2 with `allowHTTP1`. */
function readsHttp1(given: unknown): given is Server {
  return hasMethods(given, "listen", "address", "close") && "headersTimeout" in given;
}

function hasMethods(given: unknown, ...names: string[]): given is object {
  if (typeof given !== "object" || given === null) return false;
  return names.every((name) => typeof (given as Record<string, unknown>)[name] === "function");
}

function kindOf(given: unknown): string {
  if (given === undefined || given === null) return String(given);
  if (typeof given === "function") return "a function";
  if (hasMethods(given, "listen", "address")) return "a server of another protocol";
  return `this ${typeof given}`;
}
