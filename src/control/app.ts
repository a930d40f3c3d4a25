import { Hono } from "hono";
import { SkeinError } from "../protocol/error.ts";
import { packageVersion } from "../protocol/version.ts";
import type { AddressRules } from "./address-rules.ts";
import type { Caller } from "./caller.ts";
import { forward } from "./forward.ts";
import { guard, printable } from "./guard.ts";
import { openApiDocument } from "./openapi.ts";
import { check, parseJson } from "./parse-json.ts";
import type { ControlPorts } from "./ports.ts";
import { problemAnswer } from "./problem-answer.ts";
import { prometheusRoutes } from "./prometheus-routes.ts";
import type { RateLimit } from "./rate-limit.ts";
import { requestRoutes } from "./request-routes.ts";
import type { Call, Named, Reply, RouteDefinition } from "./routes.ts";
import { systemRoutes } from "./system-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { workerRoutes } from "./worker-routes.ts";

export interface Bindings {
  /** `letIn` is called as soon as the request is found to be one that may be served. */
  Bindings: { caller: Caller; letIn?: () => void; found?: Named };
}

export type ControlApp = Hono<Bindings>;

/** The control API without sockets: `app.request(url, init, { caller })` answers. */
export function createApp(ports: ControlPorts, rules: AddressRules, rate: RateLimit): ControlApp {
  const definitions = [
    ...workerRoutes(ports, rules, rate),
    ...tokenRoutes(ports),
    ...systemRoutes(ports),
    ...requestRoutes(ports),
    ...prometheusRoutes(ports),
  ];
  const document = openApiDocument(definitions);
  definitions.push(...indexRoutes(document));
  const app = new Hono<Bindings>();
  for (const definition of definitions) {
    const path = definition.path.replace(/\{(\w+)\}/g, ":$1");
    app.on(definition.method, path, async (context) => {
      const { req } = context;
      const { caller, letIn, found } = context.env;
      const asked = { method: req.method, header: (name: string) => req.header(name), caller };
      const settings = ports.guard();
      const grant = guard(asked, definition.access, settings);
      letIn?.();
      const text =
        definition.method === "POST" ? await bodyOf(req.raw, definition.body?.bytesMax ?? 1024) : "";
      const body = definition.body === undefined ? undefined : check(definition.body.schema, parseJson(text));
      const query = new URL(req.url).searchParams;
      const call: Call = { caller, grant, params: req.param(), query, body, found };
      if (definition.access === "operator" && definition.here !== true) {
        const forwarded = await forward(ports, req.raw, text, () => definition.whom?.(call));
        if (forwarded !== undefined) return forwarded;
      }
      return responseOf(await definition.handle(call));
    });
  }
  app.notFound((context) => {
    const { method, path } = context.req;
    const detail = `${method} ${printable(path)} is not served here. See GET / for what is.`;
    return problemResponse(new SkeinError("notFound", detail));
  });
  app.onError((error) => {
    if (!(error instanceof SkeinError)) ports.log({ err: error }, "the control API made an error");
    return problemResponse(error);
  });
  return app;
}

function indexRoutes(document: object): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/v1/openapi.json",
      summary: "This API, as an OpenAPI document",
      access: "read",
      replies: { 200: "the document" },
      handle: () => ({ json: document }),
    },
    {
      method: "GET",
      path: "/",
      summary: "A short index",
      access: "read",
      replies: { 200: "the index" },
      handle: () => ({ json: index }),
    },
  ];
}

const index = {
  v: 1,
  product: "skein",
  version: packageVersion,
  see: [
    "/v1/workers",
    "/v1/services",
    "/v1/routes",
    "/v1/controllers",
    "/v1/events",
    "/v1/requests",
    "/metrics",
    "/v1/prometheus/targets",
    "/v1/openapi.json",
  ],
};

async function bodyOf(request: Request, bytesMax: number): Promise<string> {
  const tooLarge = (): SkeinError =>
    new SkeinError("payloadTooLarge", `The body may have at most ${bytesMax} bytes here.`);
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > bytesMax) throw tooLarge();
  if (request.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function responseOf(reply: Reply): Response {
  const status = reply.status ?? 200;
  const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff", ...reply.headers };
  if (reply.text !== undefined) {
    return new Response(reply.text.body, {
      status,
      headers: { ...headers, "content-type": reply.text.type },
    });
  }
  if (reply.json === undefined) return new Response(null, { status, headers });
  const type = { "content-type": "application/json" };
  return new Response(`${JSON.stringify(reply.json)}\n`, { status, headers: { ...headers, ...type } });
}

function problemResponse(error: unknown): Response {
  const { status, headers, body } = problemAnswer(error);
  return new Response(body, { status, headers });
}
