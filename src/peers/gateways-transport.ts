import type { PeerStream, PeerStreamListener, PeerTransport } from "./peers.ts";

export interface GatewaysTransportOptions {
  gateway: string;
  /** Within this gateway: names without the gateway's. */
  here: PeerTransport;
  /** Names of the controllers of other gateways that can be reached from here. */
  elsewhere: () => readonly string[];
  dialElsewhere: (name: string, listener: PeerStreamListener) => PeerStream;
  onElsewhere: (changed: () => void) => void;
}

/** Every controller of a cluster of several gateways, by the name `GATEWAY/controller-2`. */
export class GatewaysTransport implements PeerTransport {
  readonly #options: GatewaysTransportOptions;
  readonly #prefix: string;

  constructor(options: GatewaysTransportOptions) {
    this.#options = options;
    this.#prefix = `${options.gateway}/`;
  }

  async names(): Promise<readonly string[]> {
    const { here, elsewhere } = this.#options;
    const near = await here.names().catch((): string[] => []);
    return [...near.map((name) => `${this.#prefix}${name}`), ...elsewhere()];
  }

  isHere(name: string): boolean {
    return name.startsWith(this.#prefix);
  }

  dial(name: string, listener: PeerStreamListener): PeerStream {
    const { here, dialElsewhere } = this.#options;
    return this.isHere(name)
      ? here.dial(name.slice(this.#prefix.length), listener)
      : dialElsewhere(name, listener);
  }

  onChange(changed: () => void): void {
    this.#options.here.onChange(changed);
    this.#options.onElsewhere(changed);
  }

  close(): void {
    this.#options.here.close();
  }
}
