import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { descendants, startOn, stop, untilListening } from "./process.ts";

/** Where the measured proxy runs, and where everything else does. */
export const proxyCore = 0;
export const otherCore = 1;

/** A program under test, running. */
export interface Running {
  port: number;
  /** The one process whose CPU time counts. */
  pid: number;
  /** Processes that belong to it and do not forward requests. */
  others: number[];
  stop(): Promise<void>;
}

export const workerPorts = [19_471, 19_472, 19_473] as const;
const skeinPort = 19_480;
const controlPort = 19_460;
const nginxPort = 19_481;
const haproxyPort = 19_482;

const answerBody = "0123456789".repeat(7);
const many = 1_000_000_000;

function nginxPaths(directory: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(" ");
}

async function startNginx(directory: string, core: number, port: number, http: string): Promise<Running> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "nginx.conf");
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 2048; }
http { access_log off; keepalive_requests ${many}; keepalive_timeout 75s; ${nginxPaths(directory)}
${http}
}
`,
  );
  const child = startOn(core, join(directory, "output"), "nginx", ["-p", directory, "-c", file]);
  await untilListening(port);
  const [worker] = descendants(child.pid ?? 0).filter(({ command }) => command.includes("worker process"));
  if (worker === undefined) throw new Error("nginx has no worker process");
  return { port, pid: worker.pid, others: [], stop: () => stop(child) };
}

/** What answers behind every proxy: three addresses, 70 bytes, as cheap as it gets. */
export async function startWorkers(directory: string): Promise<Running> {
  const listens = workerPorts.map((port) => `listen 127.0.0.1:${port};`).join(" ");
  const http = `default_type text/plain; server { ${listens} location / { return 200 "${answerBody}"; } }`;
  return startNginx(join(directory, "workers"), otherCore, workerPorts[0], http);
}

/** The same work as skein does by default: two random choices, kept connections, request id, X-Forwarded-*, Via. */
export async function startNginxProxy(directory: string): Promise<Running> {
  const servers = workerPorts.map((port) => `server 127.0.0.1:${port};`).join(" ");
  const http = `upstream web { random two least_conn; ${servers} keepalive 64; keepalive_requests ${many}; }
server { listen 127.0.0.1:${nginxPort};
  location / {
    proxy_pass http://web; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host; proxy_set_header X-Request-Id $request_id;
    proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header Forwarded "for=$remote_addr;host=\\"$http_host\\";proto=$scheme";
    proxy_set_header Via "1.1 nginx"; add_header X-Request-Id $request_id; add_header Via "1.1 nginx";
  }
}`;
  return startNginx(join(directory, "nginx"), proxyCore, nginxPort, http);
}

export async function startHaproxy(directory: string): Promise<Running> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "haproxy.cfg");
  const servers = workerPorts.map((port, index) => `  server w${index} 127.0.0.1:${port} check`).join("\n");
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 30s
  timeout http-keep-alive 60s
frontend clients
  bind 127.0.0.1:${haproxyPort}
  unique-id-format %{+X}o%ci%cp%Ts%rt%pid
  unique-id-header X-Request-Id
  default_backend web
backend web
  balance random(2)
  http-reuse always
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Forwarded for=%[src];host="%[req.hdr(host)]";proto=http
  http-request add-header Via "1.1 haproxy"
  http-response add-header Via "1.1 haproxy"
${servers}
`,
  );
  const child = startOn(proxyCore, join(directory, "output"), "haproxy", ["-db", "-f", file]);
  await untilListening(haproxyPort);
  // taskset replaces itself by the program: its process is the proxy.
  return { port: haproxyPort, pid: child.pid ?? 0, others: [], stop: () => stop(child) };
}

/** The real product with its defaults: supervisor, two controllers, one proxy; checks, metrics, P2C, timeouts. */
export async function startSkein(directory: string): Promise<Running> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "skein.json");
  writeFileSync(
    file,
    JSON.stringify({
      listen: `127.0.0.1:${skeinPort}`,
      control: `127.0.0.1:${controlPort}`,
      state: join(directory, "state"),
      proxies: 1,
      services: { web: { workers: workerPorts.map((port) => `127.0.0.1:${port}`) } },
      routes: { "/": "web" },
    }),
  );
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const child = startOn(otherCore, join(directory, "output"), process.execPath, [
    "--conditions=skein-source",
    main,
    "up",
    "--config",
    file,
  ]);
  await untilListening(skeinPort);
  const under = descendants(child.pid ?? 0);
  const proxies = under.filter(({ command }) => /proxy[/\\]main\.[jt]s/.test(command));
  const [proxy] = proxies;
  if (proxy === undefined || proxies.length !== 1)
    throw new Error(`${proxies.length} proxy processes, not 1`);
  const others = [child.pid ?? 0, ...under.filter(({ pid }) => pid !== proxy.pid).map(({ pid }) => pid)];
  return { port: skeinPort, pid: proxy.pid, others, stop: () => stop(child) };
}
