import type * as v from "valibot";
import type { Caller } from "./caller.ts";
import type { Access, Grant } from "./guard.ts";

/** A request as a route's handler sees it: checked, parsed, and without any framework. */
export interface Call<Body = unknown> {
  caller: Caller;
  grant: Grant;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Body;
  /** What `whom` found at the controller that passed this on. */
  found: Named | undefined;
}

/** A worker, registered or not. */
export interface Named {
  service: string;
  id: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** JSON; or `text` with its type. */
  json?: unknown;
  text?: { type: string; body: string };
}

/** One operation of the control API; the router and the OpenAPI document are both made of these. */
export interface RouteDefinition {
  method: "GET" | "POST" | "DELETE";
  /** With `{name}` for parameters, as OpenAPI writes them. */
  path: string;
  summary: string;
  access: Access;
  query?: Record<string, string>;
  body?: { schema: v.GenericSchema; bytesMax: number };
  /** Status codes besides those of every route of its method (openapi.ts), and what they mean. */
  replies: Record<number, string>;
  /** An operator's change that the controller makes that is asked, whoever leads. */
  here?: true;
  /** Of a leader's change: the worker that it is about. Looked for where it was asked: of some only their own host knows. */
  whom?(call: Call): Named;
  /** Answered by a stream or an upgrade outside the router; listed for the document only. */
  elsewhere?: true;
  handle(call: Call): Reply | Promise<Reply>;
}

/** Keeps the type of the parsed body inside one definition. */
export function route<Schema extends v.GenericSchema>(
  definition: Omit<RouteDefinition, "handle" | "body" | "whom"> & {
    body: { schema: Schema; bytesMax: number };
    whom?(call: Call<v.InferOutput<Schema>>): Named;
    handle(call: Call<v.InferOutput<Schema>>): Reply | Promise<Reply>;
  },
): RouteDefinition {
  return definition;
}
