import type { Lane, Rival } from "./rival.ts";

function lane({ socket, workerPort }: Lane, index: number): string {
  return `
listen l${index}
  bind ${socket}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request add-header Via "1.1 haproxy"
  http-response add-header Via "1.1 haproxy"
  server w 127.0.0.1:${workerPort}
`;
}

/** Connections to workers kept and shared, a client that leaves is told to the worker: as ours does. */
export const haproxy: Rival = {
  name: "HAProxy",
  command: "haproxy",
  debianPackage: "haproxy",
  versionFlag: "-v",
  configuration: (lanes) => `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  maxconn 64
  timeout connect 1s
  timeout client 60s
  timeout server 30s
  timeout http-request 10s
  timeout http-keep-alive 60s
  http-reuse always
  retries 0
  option abortonclose
  option forwardfor
${lanes.map(lane).join("")}
`,
  arguments: (file) => ["-db", "-f", file],
};
