import type { Server } from "node:http";
import { systemClock } from "../runtime/clock.ts";
import { checkServer, type JoinableServer } from "./check-server.ts";
import type { JoinedWorker } from "./joined-worker.ts";
import { Joining } from "./joining.ts";
import { type JoinOptions, joinSettings } from "./options.ts";

/** The workers of this process, so that a second `join` of the same server and service gives the first's. */
const workers = new WeakMap<Server, Map<string, JoinedWorker>>();

/** Does this server already belong to a service, by `join` or by skein/auto? */
export function isJoined(server: Server): boolean {
  return (workers.get(server)?.size ?? 0) > 0;
}

/**
 * Makes a server a worker of a service: `await join(server, 'orders')`. Works for any `http.Server`, also that of
 * Express, Koa and Hono (what `listen` or `serve` returns) and of Fastify (`app.server`).
 *
 * Resolves when the first controller has welcomed the worker, or after `waitMs` (3 s), or at once where the server
 * does not listen yet: the service runs without its gateway, and joins when it can (state `joined`). Rejects for
 * what is no server of HTTP/1.1, for wrong options, and when the first controller that answers refuses the worker for good.
 */
export async function join(
  server: JoinableServer,
  service: string,
  options: JoinOptions = {},
): Promise<JoinedWorker> {
  checkServer(server);
  const settings = joinSettings(service, options, process.env);
  const mine = workers.get(server) ?? new Map<string, JoinedWorker>();
  workers.set(server, mine);
  const known = mine.get(service);
  if (known !== undefined && known.state !== "left" && known.state !== "refused") return known;
  const starting = new Joining(server, settings, systemClock);
  mine.set(service, starting.worker);
  starting.worker.on("state", (state) => {
    if (state === "left" || state === "refused") mine.delete(service);
  });
  await starting.answered();
  return starting.worker;
}
