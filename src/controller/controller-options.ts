import type { ServerTls } from "../control/server.ts";
import type { Resolve } from "../control/address-rules.ts";
import type { PeerTransport } from "../peers/peers.ts";
import type { PeerHome } from "../protocol/peer.ts";
import type { Prober } from "../registry/probe.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import type { Store, StoreCorrupt } from "../store/store.ts";
import type { Elsewhere } from "./elsewhere.ts";

export interface ControllerOptions {
  /** Among the controllers of all gateways that share the store. */
  name: string;
  home: PeerHome;
  /** One life of this controller. */
  instance: string;
  clock: Clock;
  random: Random;
  prober: Prober;
  /** Already opened. */
  store: Store;
  /** The way to the controllers of this gateway, or, as that of `elsewhere`, to all. */
  transport: PeerTransport;
  elsewhere?: Elsewhere | undefined;
  logger: Logger;
  /** Content of the operators' token file. */
  token: string;
  /** Host of the control address: served as a name, and where this controller's own address is. */
  controlHost: string;
  /** host:port of everything that this gateway listens on, besides this controller's own address. */
  ownListeners: readonly string[];
  /** The store must not be used any more: the process has to end. */
  onStoreCorrupt(error: StoreCorrupt): void;
  resolve?: Resolve;
  /** With which the control API is served to other hosts. */
  tls?: ServerTls | undefined;
  /** The certificate of it that is in use; milliseconds of wall time. */
  certificate?(): { file: string; notAfter: number } | undefined;
  /** How many files this process may have open; unset: no matter. */
  filesMax?: number;
  /** How late this process comes to what is due; unset: nobody measures it. */
  loopDelayP99Ms?(): number;
}

/** Where a controller serves the control API. All are optional for one that is embedded. */
export interface ControllerPlaces {
  /** The unix socket of its name. */
  socketPath?: string;
  /** The shared door, inherited. */
  doorFd?: number;
  /** An address of its own. Port 0: ephemeral. */
  own?: { host: string; port: number };
}
