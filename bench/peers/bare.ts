import { startWorkers } from "../workers/worker-process.ts";
import type { Peer } from "./peer.ts";

/** The workers alone, asked directly: what every gateway in front of them is added to. */
export const bare: Peer = {
  name: "bare",
  missing: async () => undefined,
  version: () => `node ${process.version}`,
  cannot({ routes, workers, tls, proxies }) {
    if (routes > 1 || workers > 3 || tls || proxies > 1) return "there is nothing in front of the workers";
    return undefined;
  },
  async start(stage) {
    const workers = await startWorkers(stage);
    return {
      port: workers.ports[0] ?? 0,
      proxyCores: [],
      proxyPids: [],
      workerPids: workers.pids,
      otherPids: [],
    };
  },
};
