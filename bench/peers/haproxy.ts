import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFilesHardLimit } from "../../src/demo/scale/process-cpu.ts";
import { isInstalled, versionOf } from "../machine/process.ts";
import { startWorkers, type Workers } from "../workers/worker-process.ts";
import { startOneProcess } from "./one-process.ts";
import type { Peer, Stage } from "./peer.ts";
import { tlsFiles } from "./tls-files.ts";

/**
 * The same work as skein does by default. Routes are a map file by prefix, which is how HAProxy looks up many. It may
 * use nearly all descriptors, so that it does not close connections to its workers when they are many.
 */
function configuration({ setup, ports, directory }: Stage, workers: Workers): string {
  const servers = workers.addresses
    .map(({ host, port }, index) => `  server w${index} ${host}:${port}${setup.checks ? " check" : ""}`)
    .join("\n");
  const tls = setup.tls ? ` ssl crt ${tlsFiles(directory).both}` : "";
  const routes =
    setup.routes === 1
      ? "default_backend web"
      : `use_backend %[path,map_beg(${routeMap(directory, setup.routes)},none)]`;
  return `global
  nbthread ${setup.proxies}
  maxconn ${Math.min(openFilesHardLimit(), 65_536)}
  no strict-limits
  tune.pool-high-fd-ratio 95
  tune.pool-low-fd-ratio 90
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 30s
  timeout tunnel 1h
  timeout http-keep-alive 60s
frontend clients
  bind 127.0.0.1:${ports[0]}${tls}
  unique-id-format %{+X}o%ci%cp%Ts%rt%pid
  unique-id-header X-Request-Id
  ${routes}
backend none
  http-request return status 404
backend web
  balance random(2)
  http-reuse always
  option forwardfor
  http-request set-header X-Forwarded-Proto ${setup.tls ? "https" : "http"}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Forwarded for=%[src];host="%[req.hdr(host)]";proto=${setup.tls ? "https" : "http"}
  http-request add-header Via "1.1 haproxy"
  http-response add-header Via "1.1 haproxy"
${servers}
`;
}

function routeMap(directory: string, routes: number): string {
  const file = join(directory, "routes.map");
  const lines = Array.from({ length: routes }, (_, index) => `/r${index}/ web\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

export const haproxy: Peer = {
  name: "haproxy",
  missing: async () =>
    isInstalled("haproxy") ? undefined : "not installed (Debian: apt-get install haproxy)",
  version: () => versionOf("haproxy", "-v"),
  async start(stage) {
    const workers = await startWorkers(stage);
    const file = join(stage.directory, "haproxy.cfg");
    writeFileSync(file, configuration(stage, workers));
    return await startOneProcess(stage, workers, ["haproxy", "-db", "-f", file]);
  },
};
