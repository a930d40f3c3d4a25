/** What people give to `server.listen`. */
export type ListenArguments = unknown[];

/** The TCP port asked for, by `listen(8080, …)`, `listen('8080')` or `listen({ port: 8080 })`; else undefined. */
export function requestedPort(args: ListenArguments): number | undefined {
  const [first] = args;
  if (isOptions(first)) {
    // A path or a descriptor goes before the port, as in node itself.
    return typeof first.path === "string" || typeof first.fd === "number"
      ? undefined
      : portNumber(first.port);
  }
  return portNumber(first);
}

/** The same call for any free port. Only where `requestedPort` gives one. */
export function withEphemeralPort(args: ListenArguments): ListenArguments {
  const [first, ...rest] = args;
  return [isOptions(first) ? { ...first, port: 0 } : 0, ...rest];
}

interface ListenOptions {
  port?: unknown;
  path?: unknown;
  fd?: unknown;
}

function isOptions(value: unknown): value is ListenOptions {
  return typeof value === "object" && value !== null;
}

/** node takes numbers and strings of digits; a string of anything else is the path of a unix socket. */
function portNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "string" && /^\d+$/.test(value)) return Number(value);
  return undefined;
}
