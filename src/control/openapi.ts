import { packageVersion } from "../protocol/version.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import type { RouteDefinition } from "./routes.ts";

/** The OpenAPI 3.1 document of the control API, made of the definitions that the router is made of. */
export function openApiDocument(definitions: readonly RouteDefinition[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const definition of definitions) {
    (paths[definition.path] ??= {})[definition.method.toLowerCase()] = operationOf(definition);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "skein control API",
      version: packageVersion,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Problem: problemSchema },
    },
  };
}

function operationOf(definition: RouteDefinition): object {
  const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const responses: Record<string, object> = {};
  for (const [status, description] of Object.entries({
    ...commonReplies(definition),
    ...definition.replies,
  })) {
    responses[status] = { description, ...(Number(status) >= 400 ? { content: problem } : {}) };
  }
  const free = definition.access === "read" || definition.access === "worker";
  return {
    operationId: operationId(definition),
    summary: definition.summary,
    // On loopback reading and heartbeats need no token; beyond it everything does.
    security: free ? [{}, { token: [] }] : [{ token: [] }],
    parameters: parametersOf(definition),
    ...(definition.method === "POST" ? { requestBody: requestBodyOf(definition) } : {}),
    responses,
  };
}

/** Also where nothing of it is read: its type is what no form of a web page can send (guard.ts). */
function requestBodyOf({ body }: RouteDefinition): object {
  const schema = body === undefined ? { type: "object" } : jsonSchemaOf(body.schema);
  return { required: true, content: { "application/json": { schema } } };
}

function commonReplies(definition: RouteDefinition): Record<string, string> {
  const refused = { 401: "a token is needed", 403: "from another site", 421: "unknown Host" };
  return definition.method === "POST"
    ? { 400: "not understood", 413: "too large", 415: "not JSON", ...refused }
    : refused;
}

function parametersOf(definition: RouteDefinition): object[] {
  const inPath = Array.from(definition.path.matchAll(/\{(\w+)\}/g), (found) => ({
    name: found[1],
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(definition.query ?? {}).map(([name, description]) => ({
    name,
    in: "query",
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery];
}

function operationId(definition: RouteDefinition): string {
  const words = definition.path.replace(/^\/(v1\/)?/, "").split(/[^A-Za-z0-9]+/);
  const named = words.filter((word) => word !== "");
  const rest = named.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return definition.method.toLowerCase() + (rest === "" ? "Index" : rest);
}

const problemSchema = {
  type: "object",
  required: ["type", "title", "status", "code"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", description: "Stable; also in the header x-skein-reason" },
    detail: { type: "string" },
    hint: { type: "string" },
  },
};
