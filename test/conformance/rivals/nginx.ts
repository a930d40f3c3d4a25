import type { Lane, Rival } from "./rival.ts";

const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

function lane({ socket, workerPort }: Lane, index: number): string {
  return `
  upstream w${index} { server 127.0.0.1:${workerPort} max_fails=0; keepalive 8; }
  server {
    listen unix:${socket};
    location / {
      proxy_pass http://w${index};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $upgrade_asked;
      proxy_set_header Connection $connection_asked;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header Via "1.1 nginx";
    }
  }`;
}

/** Upgrades to websocket only, bodies streamed, connections to workers kept: as ours does. */
export const nginx: Rival = {
  name: "nginx",
  command: "nginx",
  debianPackage: "nginx",
  versionFlag: "-v",
  configuration: (lanes, directory) => `
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off; worker_processes 1; worker_rlimit_nofile 16384; pid ${directory}/pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; client_max_body_size 0; client_header_timeout 10s; client_body_timeout 30s; keepalive_timeout 60s;
  ${temporary.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(" ")}
  map $http_upgrade $upgrade_asked { ~*^websocket$ $http_upgrade; default ""; }
  map $http_upgrade $connection_asked { ~*^websocket$ upgrade; default ""; }
  ${lanes.map(lane).join("")}
}
`,
  arguments: (file, directory) => ["-p", directory, "-c", file],
};
