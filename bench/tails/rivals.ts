import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { familyOf } from "../machine/proc.ts";
import { isInstalled, startOn, stop, untilListening, versionOf } from "../machine/process.ts";
import type { Stops } from "../run/stops.ts";

/** What HAProxy is told in every benchmark of rivals, before its listeners. */
export const haproxyBase = `global
  nbthread 1
  maxconn 16384
  no strict-limits
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 30s
`;

/** One process of another proxy, listening on a port for each of its ways to choose a worker. */
export interface Rival {
  name: string;
  version(): string;
  /** What they are called in the tables, and in its configuration. */
  ways: readonly { name: string; setting: string }[];
  /** Undefined: it is there. Else how to get it. */
  missing(): string | undefined;
  /** Writes what it needs, and gives the command. */
  prepare(place: RivalPlace): string[];
}

export interface RivalPlace {
  directory: string;
  /** Where clients connect, one for each way. */
  ports: readonly number[];
  workers: readonly number[];
}

const missing = (program: string): string | undefined =>
  isInstalled(program) ? undefined : `not installed (Debian: apt-get install ${program})`;

const nginx: Rival = {
  name: "nginx",
  version: () => versionOf("nginx", "-v"),
  missing: () => missing("nginx"),
  ways: [
    { name: "nginx round robin", setting: "" },
    { name: "nginx least_conn", setting: "least_conn;" },
    { name: "nginx random two", setting: "random two least_conn;" },
  ],
  prepare({ directory, ports, workers }) {
    const servers = workers.map((port) => `server 127.0.0.1:${port};`).join(" ");
    const blocks = this.ways.map(
      ({ setting }, at) => `upstream web${at} { ${setting} ${servers} keepalive 64; }
server { listen 127.0.0.1:${ports[at]};
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
  location / { proxy_pass http://web${at}; } }`,
    );
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(" ");
    const file = join(directory, "nginx.conf");
    writeFileSync(
      file,
      `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 16384; }
http { access_log off; keepalive_requests 1000000000; ${temporary}
${blocks.join("\n")} }
`,
    );
    return ["nginx", "-p", directory, "-c", file];
  },
};

const haproxy: Rival = {
  name: "haproxy",
  version: () => versionOf("haproxy", "-v"),
  missing: () => missing("haproxy"),
  ways: ["roundrobin", "leastconn", "random(2)"].map((setting) => ({ name: `haproxy ${setting}`, setting })),
  prepare({ directory, ports, workers }) {
    const servers = workers.map((port, at) => `  server w${at} 127.0.0.1:${port} check`).join("\n");
    const blocks = this.ways.map(
      ({ setting }, at) => `listen web${at}
  bind 127.0.0.1:${ports[at]}
  balance ${setting}
  option httpchk GET /healthz
  option redispatch
  http-reuse always
${servers}`,
    );
    const file = join(directory, "haproxy.cfg");
    writeFileSync(
      file,
      `${haproxyBase}${blocks.join("\n")}
`,
    );
    return ["haproxy", "-db", "-f", file];
  },
};

const caddy: Rival = {
  name: "caddy",
  version: () => `caddy ${versionOf("caddy", "version")}`,
  missing: () => missing("caddy"),
  ways: ["least_conn"].map((setting) => ({ name: `caddy ${setting}`, setting })),
  prepare({ directory, ports, workers }) {
    const servers = this.ways.map(({ setting }, at) => [
      `web${at}`,
      {
        listen: [`127.0.0.1:${ports[at]}`],
        automatic_https: { disable: true },
        protocols: ["h1"],
        routes: [{ handle: [reverseProxy(setting, workers)] }],
      },
    ]);
    const file = join(directory, "caddy.json");
    const apps = { http: { servers: Object.fromEntries(servers) as object } };
    const logging = { logs: { default: { level: "ERROR" } } };
    writeFileSync(file, JSON.stringify({ admin: { disabled: true }, logging, apps }));
    const homes = [`XDG_DATA_HOME=${directory}`, `XDG_CONFIG_HOME=${directory}`];
    return ["env", ...homes, "caddy", "run", "--config", file];
  },
};

function reverseProxy(policy: string, workers: readonly number[]): object {
  return {
    handler: "reverse_proxy",
    upstreams: workers.map((port) => ({ dial: `127.0.0.1:${port}` })),
    load_balancing: { selection_policy: { policy } },
    health_checks: { active: { uri: "/healthz", interval: "2s", timeout: "1s" } },
    transport: { protocol: "http", keep_alive: { max_idle_conns_per_host: 64 }, compression: false },
  };
}

export const rivals: readonly Rival[] = [nginx, haproxy, caddy];

export async function startRival(
  rival: Rival,
  place: RivalPlace & { core: number },
  stops: Stops,
): Promise<number[]> {
  mkdirSync(place.directory, { recursive: true });
  const started = startOn([place.core], join(place.directory, "output"), rival.prepare(place));
  stops.add(() => stop(started.child));
  for (const port of place.ports) await untilListening(started, port);
  return familyOf(started.pid);
}
