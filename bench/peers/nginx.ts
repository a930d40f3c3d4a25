import { isInstalled, versionOf } from "../machine/process.ts";
import { startWorkers, type Workers } from "../workers/worker-process.ts";
import { countless, startNginx } from "./nginx-process.ts";
import type { Peer, Stage } from "./peer.ts";
import { tlsFiles } from "./tls-files.ts";

/** Connections kept to the workers: one for each client connection, or one for each worker if these are more. */
export const keptConnections = (workers: number): number => Math.max(64, workers);

/**
 * The same work as skein does by default: two random choices, kept connections, request id, X-Forwarded-*, Via.
 * Where there are routes each is a `location` of its own.
 */
function http({ setup, ports, directory }: Stage, workers: Workers): string {
  const servers = workers.addresses.map(({ host, port }) => `server ${host}:${port};`).join("\n");
  const pass = "proxy_pass http://web;";
  const locations =
    setup.routes === 1
      ? `location / { ${pass} }`
      : [
          ...Array.from({ length: setup.routes }, (_, index) => `location /r${index}/ { ${pass} }`),
          "location / { return 404; }",
        ].join("\n");
  const files = setup.tls ? tlsFiles(directory) : undefined;
  const tls =
    files === undefined
      ? ""
      : `ssl_certificate ${files.certificate}; ssl_certificate_key ${files.key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m;`;
  return `map $http_upgrade $connection_to_worker { default upgrade; "" ""; }
upstream web { random two least_conn;
${servers}
keepalive ${keptConnections(setup.workers)}; keepalive_requests ${countless}; }
server { listen 127.0.0.1:${ports[0]}${setup.tls ? " ssl" : ""}; ${tls}
  client_max_body_size 0; proxy_http_version 1.1;
  proxy_set_header Connection $connection_to_worker; proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Host $http_host; proxy_set_header X-Request-Id $request_id;
  proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header Forwarded "for=$remote_addr;host=\\"$http_host\\";proto=$scheme";
  proxy_set_header Via "1.1 nginx"; add_header X-Request-Id $request_id; add_header Via "1.1 nginx";
  proxy_request_buffering off; proxy_max_temp_file_size 0;
${locations}
}`;
}

export const nginx: Peer = {
  name: "nginx",
  missing: async () => (isInstalled("nginx") ? undefined : "not installed (Debian: apt-get install nginx)"),
  version: () => versionOf("nginx", "-v"),
  async start(stage) {
    const workers = await startWorkers(stage);
    const [port = 0] = stage.ports;
    const proxyPids = await startNginx(stage, "nginx", {
      cores: stage.cores.proxy,
      processes: stage.setup.proxies,
      port,
      http: http(stage, workers),
    });
    return {
      port,
      proxyCores: stage.cores.proxy,
      proxyPids,
      workerPids: workers.pids,
      otherPids: [],
    };
  },
};
