import { base, routePaths, type Setup } from "./setup.ts";

/** What is asked of a peer, over and over. */
export interface Ask {
  kind: "http" | "websocket";
  method: "GET" | "POST";
  /** Asked in turn. */
  paths: readonly string[];
  /** `Name: value`, besides Host. */
  headers: readonly string[];
  /** Bytes of the request's body, or of a WebSocket message. */
  bodyBytes: number;
  /** A connection for each request. */
  fresh: boolean;
  /** Bytes of the answer's body; another length is an error. */
  answerBytes: number;
}

export interface Case {
  name: string;
  title: string;
  setup: Setup;
  ask: Ask;
  /** As fast as so many connections can, each with one request at a time: CPU time per request, requests/s. */
  closed?: { connections: number; by?: "wrk" | "own generator" };
  /** At a fixed rate, whatever becomes of the requests before: latency. */
  open?: { connections: number; perSecond: number };
  /** Cases of one name are measured in turn within each round: their ratios are the growth from one to the other. */
  growth?: "routes" | "workers" | "proxies";
  /** Also in `--quick`. */
  quick: boolean;
  /** The headline: every peer is measured in every round. */
  headline?: boolean;
  /** One measurement takes several times as long as others: fewer of them, and none to warm up. */
  long?: boolean;
  /** Cores below which the case is left out. */
  coresMin?: number;
}

export const smallAnswerBytes = 70;

const get: Ask = {
  kind: "http",
  method: "GET",
  paths: ["/"],
  headers: [],
  bodyBytes: 0,
  fresh: false,
  answerBytes: smallAnswerBytes,
};

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** With Host they make 25: a browser's own, then what a company's services add. */
const twentyFourHeaders = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Referer: https://shop.example.com/orders",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1",
  "Cache-Control: max-age=0",
  "DNT: 1",
  "Priority: u=0, i",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
  "Sec-Fetch-User: ?1",
  "Sec-CH-UA-Mobile: ?0",
  'Sec-CH-UA-Platform: "Linux"',
  "Upgrade-Insecure-Requests: 1",
  "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "Authorization: Bearer 0123456789abcdef0123456789abcdef0123456789abcdef",
  "X-Tenant: shop",
  "X-Client-Version: 12.4.1",
  "X-Experiment: checkout-2=b",
  "X-Feature-Flags: new-cart,fast-search",
  "X-Device: desktop",
  "X-Correlation-Id: 7f9c2ba4e88f827d",
];

function answers(bytes: number, connections: number, perSecond: number): Omit<Case, "name" | "title"> {
  return {
    setup: base,
    ask: { ...get, paths: [`/bytes/${bytes}`], answerBytes: bytes },
    closed: { connections },
    open: { connections, perSecond },
    quick: bytes === mebibyte,
  };
}

/** Most of the connections have nothing to do at any moment: the load goes round over all of them. */
function held(connections: number): Case {
  return {
    name: `connections-${connections}`,
    title: `${connections.toLocaleString("en")} connections, 5,000 requests/s over all of them`,
    setup: base,
    ask: get,
    open: { connections, perSecond: 5_000 },
    quick: connections !== 1_000,
    long: connections > 1_000,
  };
}

function routed(routes: number): Case {
  const setup = { ...base, name: `routes-${routes}`, routes };
  return {
    name: setup.name,
    title: `${routes.toLocaleString("en")} routes`,
    setup,
    ask: { ...get, paths: routePaths(routes) },
    closed: { connections: 64 },
    open: { connections: 64, perSecond: 5_000 },
    growth: "routes",
    quick: routes !== 1_000,
  };
}

function staffed(workers: number): Case {
  const setup = { ...base, name: `workers-${workers}`, workers, checks: false };
  return {
    name: setup.name,
    title: `${workers.toLocaleString("en")} workers`,
    setup,
    ask: get,
    closed: { connections: 64 },
    open: { connections: 64, perSecond: 5_000 },
    growth: "workers",
    quick: workers !== 100,
  };
}

const uploading: Ask = { ...get, method: "POST", paths: ["/upload"], bodyBytes: mebibyte };

const tls: Setup = { ...base, name: "tls", tls: true };

function doubled(proxies: number): Case {
  return {
    name: `proxies-${proxies}`,
    title: proxies === 1 ? "one proxy process, on a machine with room" : `${proxies} proxy processes`,
    setup: { ...base, name: `proxies-${proxies}`, proxies },
    ask: get,
    closed: { connections: 128 },
    open: { connections: 128, perSecond: 5_000 },
    growth: "proxies",
    quick: true,
    coresMin: 6,
  };
}

export const cases: readonly Case[] = [
  {
    name: "get",
    title: "small GET, 64 connections",
    setup: base,
    ask: get,
    // Its latency is the case connections-64.
    closed: { connections: 64 },
    quick: true,
    headline: true,
  },
  {
    name: "get-static",
    title: "small GET, workers that cost next to nothing",
    setup: { ...base, name: "static", service: "static" },
    ask: get,
    closed: { connections: 64 },
    quick: false,
  },
  // Before anything large: memory is counted over what small requests need.
  held(64),
  held(1_000),
  held(10_000),
  { name: "answer-1k", title: "answers of 1 KiB", ...answers(kibibyte, 64, 5_000) },
  { name: "answer-64k", title: "answers of 64 KiB", ...answers(64 * kibibyte, 64, 1_000) },
  { name: "answer-1m", title: "answers of 1 MiB", ...answers(mebibyte, 8, 100) },
  {
    name: "upload-1m",
    title: "uploads of 1 MiB",
    setup: base,
    ask: uploading,
    closed: { connections: 8 },
    open: { connections: 8, perSecond: 100 },
    quick: false,
  },
  {
    name: "headers-25",
    title: "25 request headers",
    setup: base,
    ask: { ...get, headers: twentyFourHeaders },
    closed: { connections: 64 },
    open: { connections: 64, perSecond: 5_000 },
    quick: false,
  },
  {
    name: "new-connection",
    title: "a new connection for each request",
    setup: base,
    ask: { ...get, fresh: true },
    closed: { connections: 64 },
    open: { connections: 64, perSecond: 1_000 },
    quick: true,
  },
  {
    name: "websocket",
    title: "WebSocket echo of 64 bytes, 64 connections",
    setup: base,
    ask: { ...get, kind: "websocket", paths: ["/echo"], bodyBytes: 64, answerBytes: 64 },
    // wrk cannot speak it.
    closed: { connections: 64, by: "own generator" },
    open: { connections: 64, perSecond: 5_000 },
    quick: false,
  },
  routed(10),
  routed(1_000),
  routed(10_000),
  staffed(3),
  staffed(100),
  staffed(10_000),
  {
    name: "tls",
    title: "small GET over TLS, 64 connections",
    setup: tls,
    ask: get,
    closed: { connections: 64 },
    open: { connections: 64, perSecond: 5_000 },
    quick: true,
  },
  {
    name: "tls-handshake",
    title: "a TLS connection for each request, with a full handshake",
    setup: tls,
    ask: { ...get, fresh: true },
    // wrk would resume its sessions.
    closed: { connections: 16, by: "own generator" },
    open: { connections: 16, perSecond: 200 },
    quick: false,
  },
  {
    name: "tls-resume",
    title: "a TLS connection for each request, its session resumed",
    setup: tls,
    ask: { ...get, fresh: true },
    closed: { connections: 64 },
    quick: false,
  },
  {
    name: "tls-answer-1m",
    title: "answers of 1 MiB over TLS",
    setup: tls,
    ask: answers(mebibyte, 8, 100).ask,
    closed: { connections: 8 },
    quick: false,
  },
  {
    name: "tls-upload-1m",
    title: "uploads of 1 MiB over TLS",
    setup: tls,
    ask: uploading,
    closed: { connections: 8 },
    quick: false,
  },
  doubled(1),
  doubled(2),
];
