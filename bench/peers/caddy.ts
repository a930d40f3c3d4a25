import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled, versionOf } from "../machine/process.ts";
import { startWorkers, type Workers } from "../workers/worker-process.ts";
import { keptConnections } from "./nginx.ts";
import { startOneProcess } from "./one-process.ts";
import type { Peer, Stage } from "./peer.ts";
import { tlsFiles } from "./tls-files.ts";

/** The same work as skein does by default. X-Forwarded-* it sets by itself. */
function reverseProxy({ setup }: Stage, workers: Workers): object {
  return {
    handler: "reverse_proxy",
    upstreams: workers.addresses.map(({ host, port }) => ({ dial: `${host}:${port}` })),
    load_balancing: { selection_policy: { policy: "random_choose", choose: 2 } },
    ...(setup.checks ? { health_checks: { active: { path: "/", interval: "2s", timeout: "1s" } } } : {}),
    transport: {
      protocol: "http",
      keep_alive: { max_idle_conns_per_host: keptConnections(setup.workers), idle_timeout: "60s" },
      compression: false,
    },
    headers: {
      request: {
        set: {
          "X-Request-Id": ["{http.request.uuid}"],
          Forwarded: [
            'for={http.request.remote.host};host="{http.request.hostport}";proto={http.request.scheme}',
          ],
          Via: ["1.1 caddy"],
        },
      },
      response: { set: { "X-Request-Id": ["{http.request.uuid}"], Via: ["1.1 caddy"] } },
    },
  };
}

/** Many routes are one matcher of many paths: cheaper for it than a handler, with its own connections, for each. */
function configuration(stage: Stage, workers: Workers): object {
  const { setup, ports, directory } = stage;
  const paths = Array.from({ length: setup.routes }, (_, index) => `/r${index}/*`);
  const files = setup.tls ? tlsFiles(directory) : undefined;
  return {
    admin: { disabled: true },
    logging: { logs: { default: { level: "ERROR" } } },
    apps: {
      http: {
        servers: {
          bench: {
            listen: [`127.0.0.1:${ports[0]}`],
            automatic_https: { disable: true },
            protocols: ["h1"],
            routes: [
              {
                ...(setup.routes > 1 ? { match: [{ path: paths }] } : {}),
                handle: [reverseProxy(stage, workers)],
                terminal: true,
              },
              { handle: [{ handler: "static_response", status_code: "404" }] },
            ],
            ...(files === undefined ? {} : { tls_connection_policies: [{}] }),
          },
        },
      },
      ...(files === undefined
        ? {}
        : { tls: { certificates: { load_files: [{ certificate: files.certificate, key: files.key }] } } }),
    },
  };
}

export const caddy: Peer = {
  name: "caddy",
  missing: async () => (isInstalled("caddy") ? undefined : "not installed (Debian: apt-get install caddy)"),
  version: () => `caddy ${versionOf("caddy", "version")}`,
  async start(stage) {
    const workers = await startWorkers(stage);
    const file = join(stage.directory, "caddy.json");
    writeFileSync(file, JSON.stringify(configuration(stage, workers)));
    // On one core Go uses one: it counts those that it was given.
    return await startOneProcess(stage, workers, ["caddy", "run", "--config", file], {
      XDG_DATA_HOME: stage.directory,
      XDG_CONFIG_HOME: stage.directory,
    });
  },
};
