import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFilesHardLimit } from "../../src/demo/scale/process-cpu.ts";
import { eventually } from "../../src/demo/wait.ts";
import { familyOf } from "../machine/proc.ts";
import { startOn, stop, untilListening } from "../machine/process.ts";
import type { Stage } from "./peer.ts";

/** More than any connection lives to see: none is closed by a count. */
export const countless = 1_000_000_000;

export interface NginxOrders {
  cores: readonly number[];
  processes: number;
  /** One of those that it listens on. */
  port: number;
  /** What stands in `http { }`. */
  http: string;
}

/** Gives the processes: the master, which does nothing, and those that work. */
export async function startNginx(stage: Stage, name: string, orders: NginxOrders): Promise<number[]> {
  const directory = join(stage.directory, name);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "nginx.conf");
  writeFileSync(file, configuration(directory, orders));
  const log = join(directory, "output");
  const started = startOn(orders.cores, log, ["nginx", "-p", directory, "-c", file]);
  stage.onStop(() => stop(started.child));
  await untilListening(started, orders.port);
  // It listens before it has forked.
  const family = await eventually(
    () => (familyOf(started.pid).length > orders.processes ? familyOf(started.pid) : undefined),
    { withinMs: 5_000 },
  );
  if (family === undefined) throw new Error("nginx has no worker process");
  return family;
}

function configuration(directory: string, { processes, http }: NginxOrders): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(" ");
  return `daemon off; worker_processes ${processes}; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections ${Math.min(openFilesHardLimit(), 65_536)}; }
http { access_log off; keepalive_requests ${countless}; keepalive_timeout 75s; ${temporary}
${http}
}
`;
}
