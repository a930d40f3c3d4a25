import cluster from "node:cluster";
import { Server as HttpServer } from "node:http";
import { Server as NetServer } from "node:net";
import { isJoined, join } from "./join.ts";
import { defaultService } from "./auto-service.ts";
import { afterSilence, isAskedForByFlag, whyNoWorker } from "./auto-silence.ts";
import { type ListenArguments, requestedPort, withEphemeralPort } from "./listen-arguments.ts";
import { warn } from "./warnings.ts";

type Listen = (this: NetServer, ...args: ListenArguments) => NetServer;

/** In the environment, with the pid of the process that joined: its children see it and stay out. */
const joinedVariable = "SKEIN_AUTO_JOINED";

/** Patches `listen` of this process. What it does is written at auto.ts. */
export function autoJoin(): void {
  const { prototype } = NetServer as unknown as { prototype: { listen: Listen } };
  const original = prototype.listen;
  const ephemeral = process.env["SKEIN_DEV"] === "1";
  const wantedPort = Number(process.env["SKEIN_PORT"]) || undefined;
  let joined = false;
  /** Until it is asked what listens. */
  let servers: Map<NetServer, number | undefined> | undefined;

  prototype.listen = function listen(this: NetServer, ...args: ListenArguments): NetServer {
    const port = requestedPort(args);
    servers?.set(this, port);
    if (this instanceof HttpServer && mayJoin()) {
      this.once("listening", () => {
        if (wantedPort !== undefined && port !== wantedPort) return;
        // After the program's own `listening` callback, which may call `join` itself.
        setImmediate(() => {
          if (joined || isJoined(this) || !mayJoin() || !this.listening) return;
          joined = true;
          process.env[joinedVariable] = String(process.pid);
          joinNow(this);
        });
      });
    }
    return original.apply(this, ephemeral && port !== undefined ? withEphemeralPort(args) : args);
  };
  if (!isAskedForByFlag(process.execArgv)) return;
  servers = new Map();
  afterSilence(() => {
    const listening = [...(servers ?? [])].filter(([{ listening }]) => listening);
    servers = undefined;
    const byItself = listening.some(([server]) => server instanceof HttpServer && isJoined(server));
    if (joined || byItself || !mayJoin()) return;
    const listened = listening.map(([server, port]) => ({
      port: port || portOf(server),
      http: server instanceof HttpServer,
    }));
    warn("skein-not-listening", whyNoWorker(listened, wantedPort));
  });
}

function portOf(server: NetServer): number | undefined {
  const address = server.address();
  return typeof address === "object" ? address?.port : undefined;
}

function mayJoin(): boolean {
  const by = process.env[joinedVariable] ?? "";
  const isHelper = by !== "" && by !== String(process.pid) && !cluster.isWorker;
  const isPrimary = cluster.isPrimary && Object.keys(cluster.workers ?? {}).length > 0;
  return !isHelper && !isPrimary;
}

function joinNow(server: HttpServer): void {
  const service = process.env["SKEIN_SERVICE"] || defaultService(process.cwd());
  // Not waited for: nobody is here to wait. An unhandled rejection would end the user's program.
  join(server, service).catch((error: unknown) => {
    warn(
      "skein-not-joined",
      `${service} did not join: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}
