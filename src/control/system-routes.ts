import type { EventsReply } from "../protocol/discovery.ts";
import { SkeinError } from "../protocol/error.ts";
import type { StatisticsReply } from "../protocol/evidence.ts";
import type { Grant } from "./guard.ts";
import type { ControlPorts } from "./ports.ts";
import { explanationOf } from "./route-explanation.ts";
import { route, type RouteDefinition } from "./routes.ts";
import { evidenceReportSchema, statisticsReportSchema } from "./schema.ts";

export function systemRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    ...clusterRoutes(ports),
    ...storeRoutes(ports),
    ...streamRoutes(ports),
    ...proxyRoutes(ports),
    ...healthRoutes(ports),
  ];
}

const emptyTable = { routes: [], services: {}, workers: [] };

function clusterRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/v1/services",
      summary: "Every service, and how many of its workers are in which state",
      access: "read",
      replies: { 200: "the services" },
      handle: () => ({ json: ports.services() }),
    },
    {
      method: "GET",
      path: "/v1/routes",
      summary: "The routes, in order of precedence",
      access: "read",
      replies: { 200: "the routes" },
      handle: () => ({ json: ports.routes() }),
    },
    {
      method: "GET",
      path: "/v1/routes/explain",
      summary: "Which route would take a request, where it would send it, and why not the others",
      access: "read",
      query: {
        method: "Default GET",
        target: "Path and query; default /",
        host: "Default localhost",
        header: "name: value; may be given several times",
      },
      replies: { 200: "the explanation", 400: "not understood" },
      handle: ({ query }) => ({ json: explanationOf(ports.table(false) ?? emptyTable, query) }),
    },
    {
      method: "GET",
      path: "/v1/controllers",
      summary: "The controllers, and who leads",
      access: "read",
      replies: { 200: "the controllers" },
      handle: () => ({ json: ports.controllers() }),
    },
    {
      method: "GET",
      path: "/v1/config",
      summary: "What this gateway was started or reloaded with, and where each value came from; no secrets",
      access: "read",
      replies: { 200: "the values" },
      handle: () => ({ json: ports.config() }),
    },
  ];
}

function storeRoutes(ports: ControlPorts): RouteDefinition[] {
  const decide = (word: "adopt" | "republish", summary: string): RouteDefinition => ({
    method: "POST",
    path: `/v1/store/${word}`,
    summary,
    access: "operator",
    here: true,
    replies: { 200: "decided", 400: "nothing is held", 503: "the store cannot be written" },
    async handle() {
      await ports.decideStore(word);
      return { json: ports.store() };
    },
  });
  return [
    {
      method: "GET",
      path: "/v1/store",
      summary: "How the store is, as this controller sees it",
      access: "read",
      replies: { 200: "its condition" },
      handle: () => ({ json: ports.store() }),
    },
    decide("adopt", "A store that was replaced or set back: what is there counts"),
    decide("republish", "A store that was replaced or set back: what the controllers know is written there"),
  ];
}

function streamRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/v1/events",
      summary: "What happened; with `Accept: text/event-stream` as a stream, resumable by Last-Event-ID",
      access: "read",
      query: { after: "Only events with a higher id", limit: "At most so many (default 100, at most 1000)" },
      replies: { 200: "the events, oldest first", 400: "not understood" },
      async handle({ query }) {
        const limit = wholeNumber(query.get("limit"), "limit", 100, 1_000);
        const newest = Math.max(0, ports.lastEventId() - limit);
        const after = wholeNumber(query.get("after"), "after", newest, Number.MAX_SAFE_INTEGER);
        const json: EventsReply = { v: 1, events: await ports.events(after, limit) };
        return { json };
      },
    },
    {
      method: "GET",
      path: "/v1/routing-table",
      summary: "What the proxies know; with `?watch=1` a stream of NDJSON: the whole table, then its changes",
      access: "read",
      query: {
        watch: "1: as a stream",
        answers: "1: a proxy that answers questions, which come as lines of the stream",
        rows: "At most so many workers, or routes, in one line of the stream (at least 100)",
      },
      replies: { 200: "the table", 503: "no configuration yet" },
      handle({ grant }) {
        const table = ports.table(grant.opensLinks);
        if (table === undefined)
          throw new SkeinError("notReady", "No configuration has come to this controller yet.");
        return { json: table };
      },
    },
    {
      method: "GET",
      path: "/v1/live",
      summary:
        "What the dashboard watches, as server-sent events: a snapshot, then its changes, and what happens",
      access: "read",
      query: { after: "Only events with a higher id; at most the last 200" },
      elsewhere: true,
      replies: { 200: "the stream", 400: "not understood", 503: "too many readers" },
      handle: () => ({ json: { v: 1 } }),
    },
    upgrade("/v1/session", "WebSocket session of a worker", "worker"),
    upgrade("/v1/peer", "WebSocket stream between controllers", "internal"),
  ];
}

function upgrade(path: string, summary: string, access: "worker" | "internal"): RouteDefinition {
  return {
    method: "GET",
    path,
    summary,
    access,
    elsewhere: true,
    replies: { 101: "the session is open", 426: "not a WebSocket request" },
    handle: () => ({
      status: 426,
      headers: { upgrade: "websocket", connection: "upgrade" },
      json: { v: 1, detail: "Open a WebSocket here." },
    }),
  };
}

function proxyRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    route({
      method: "POST",
      path: "/v1/evidence",
      summary: "What a proxy learned of workers at first hand",
      access: "internal",
      body: { schema: evidenceReportSchema, bytesMax: 2 * 1024 * 1024 },
      replies: { 204: "taken" },
      handle({ body, grant }) {
        ports.evidence(body.items, placeOf(grant));
        return { status: 204 };
      },
    }),
    route({
      method: "POST",
      path: "/v1/statistics",
      summary: "A proxy's counters since its start",
      access: "internal",
      body: { schema: statisticsReportSchema, bytesMax: 1024 * 1024 },
      replies: { 200: "taken; among how many proxies limits by rate are divided" },
      handle({ body, grant }) {
        const reply: StatisticsReply = { v: 1, sharers: ports.statistics(body, placeOf(grant)) };
        return { json: reply };
      },
    }),
  ];
}

/** By a join token: from another host, whose way to the workers is another. */
function placeOf({ join }: Grant): "here" | "elsewhere" {
  return join === undefined ? "here" : "elsewhere";
}

function healthRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/livez",
      summary: "This process answers",
      access: "read",
      replies: { 200: "it lives" },
      handle: () => ({ text: { type: "text/plain", body: "ok\n" } }),
    },
    {
      method: "GET",
      path: "/readyz",
      summary: "This controller has a configuration and knows who lives",
      access: "read",
      replies: { 200: "it is ready", 503: "not yet" },
      handle() {
        const why = ports.notReady();
        if (why !== undefined) throw new SkeinError("notReady", why);
        return { text: { type: "text/plain", body: "ok\n" } };
      },
    },
  ];
}

export function wholeNumber(text: string | null, name: string, fallback: number, max: number): number {
  if (text === null) return fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new SkeinError("invalid", `${name}: must be a whole number from 0 to ${max}.`);
}
