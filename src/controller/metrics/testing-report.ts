import type { StatisticsReport } from "../../protocol/evidence.ts";

/** Of a proxy that has nothing to tell, in the words of the oldest one. */
export const plainReport: StatisticsReport = {
  v: 1,
  proxy: "proxy-2",
  instance: "x",
  connections: { open: 0, accepted: 0, refused: 0 },
  services: {},
  problems: {},
  retries: { taken: 0, denied: 0 },
  poisoned: {},
};
