// What the three proxies have in common: what they are to do, whom they choose, what they add to a request.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const orders = JSON.parse(process.env.BENCH_PEER);

export const port = orders.Port;
export const workers = orders.Workers.map((address) => `http://${address}`);
export const routes = orders.Routes;
export const tls =
  orders.Certificate === ""
    ? undefined
    : { cert: readFileSync(orders.Certificate), key: readFileSync(orders.Key) };
const scheme = tls === undefined ? "http" : "https";

export function pick() {
  return Math.floor(Math.random() * workers.length);
}

const known = new Set(Array.from({ length: routes }, (_, index) => `r${index}`));

/** By the first segment, which costs the same however many routes there are. */
export function hasRoute(url) {
  return routes === 1 || known.has(url.slice(1, url.indexOf("/", 1)));
}

// Random bytes are fetched for many ids at once.
let pool = Buffer.alloc(0);
let at = 0;

export function requestId() {
  if (at + 8 > pool.length) {
    pool = randomBytes(8192);
    at = 0;
  }
  at += 8;
  return pool.toString("hex", at - 8, at);
}

/** Fields that every peer adds to what it forwards. */
export function forwardingFields(request, id) {
  const { host } = request.headers;
  const client = request.socket.remoteAddress;
  return {
    "x-request-id": id,
    "x-forwarded-for": client,
    "x-forwarded-proto": scheme,
    "x-forwarded-host": host,
    forwarded: `for=${client};host="${host}";proto=${scheme}`,
    via: "1.1 node",
  };
}
