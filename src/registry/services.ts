import type { Check, Service, TrafficConfiguration } from "../protocol/configuration.ts";
import { configurationHere } from "./configuration-here.ts";
import { unconfiguredService } from "./defaults.ts";
import type { ConfigurationInStore } from "./registry-ports.ts";
import type { TableHead } from "./publisher.ts";
import { frameOf } from "./table.ts";

export const workersMaxUnconfigured = 20_000;

/** What the configuration says of services, and of a routing table without its workers. */
export class Services {
  #stored: ConfigurationInStore | undefined;
  #own: TrafficConfiguration | undefined;
  /** The stored one as it holds on this host. */
  #traffic: TrafficConfiguration | undefined;

  /** 0: none has come yet. */
  get revision(): number {
    return this.#stored?.revision ?? 0;
  }

  get traffic(): TrafficConfiguration | undefined {
    return this.#traffic;
  }

  /** Workers that may be registered at once. */
  get workersMax(): number {
    return this.#traffic?.registration.workersMax ?? workersMaxUnconfigured;
  }

  /** False: it counts already. */
  configure(configuration: ConfigurationInStore): boolean {
    if (configuration.revision === this.#stored?.revision) return false;
    this.#stored = configuration;
    this.#traffic = configurationHere(configuration.traffic, this.#own);
    return true;
  }

  /** The configuration that this host has read itself, whether or not it is the one in the store. */
  readHere(own: TrafficConfiguration): void {
    this.#own = own;
    this.#traffic = this.#stored && configurationHere(this.#stored.traffic, own);
  }

  of(name: string): Service {
    const services = this.#traffic?.services;
    const known = services !== undefined && Object.hasOwn(services, name) ? services[name] : undefined;
    return known ?? unconfiguredService(name);
  }

  checkOf(name: string): Check {
    return this.of(name).check;
  }

  /** `names`: of services that have workers. Undefined while there is no configuration. */
  head(names: Iterable<string>): TableHead | undefined {
    if (this.#traffic === undefined) return undefined;
    return { revision: this.revision, proxy: this.#traffic.proxy, ...frameOf(this.#traffic, names) };
  }
}
