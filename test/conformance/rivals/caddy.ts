import type { Lane, Rival } from "./rival.ts";

const timeouts = { read_header_timeout: "10s", idle_timeout: "60s" };

function lane({ socket, workerPort }: Lane): object {
  return {
    listen: [`unix/${socket}`],
    protocols: ["h1"],
    automatic_https: { disable: true },
    ...timeouts,
    routes: [
      {
        handle: [
          {
            handler: "reverse_proxy",
            upstreams: [{ dial: `127.0.0.1:${workerPort}` }],
            flush_interval: -1,
            transport: { protocol: "http", versions: ["1.1"], keep_alive: { enabled: true } },
          },
        ],
      },
    ],
  };
}

/** Answers are flushed as they come; the rest is its defaults. */
export const caddy: Rival = {
  name: "Caddy",
  command: "caddy",
  debianPackage: "caddy",
  versionFlag: "version",
  configuration: (lanes) =>
    JSON.stringify({
      admin: { disabled: true },
      logging: { logs: { default: { level: "ERROR" } } },
      apps: { http: { servers: Object.fromEntries(lanes.map((one, index) => [`s${index}`, lane(one)])) } },
    }),
  arguments: (file) => ["run", "--config", file],
};
