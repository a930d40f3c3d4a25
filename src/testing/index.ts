/// <reference types="node" preserve="true" />
/**
 * `skein/testing`: a whole cluster in memory and in virtual time, with crashes, stops and cut links, repeatable by
 * its seed. For tests of the product and of what is built on it.
 */
export type { TakenWrite } from "./virtual-controller.ts";
export { type ClusterObserver, VirtualCluster, type VirtualClusterOptions } from "./virtual-cluster.ts";
export { VirtualController } from "./virtual-controller.ts";
export { VirtualNetwork } from "./virtual-network.ts";
export { type Outcome, VirtualProxy } from "./virtual-proxy.ts";
export { VirtualProcess, VirtualTime } from "./virtual-time.ts";
export { VirtualWorker } from "./virtual-worker.ts";
