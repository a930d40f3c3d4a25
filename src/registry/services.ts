import type { Check, ProxySettings, Service, TrafficConfiguration } from "../protocol/configuration.ts";
import { unconfiguredService } from "./defaults.ts";
import type { ConfigurationInStore } from "./registry-ports.ts";
import type { TableHead } from "./publisher.ts";
import { frameOf, withReceptions } from "./table.ts";

export const workersMaxUnconfigured = 20_000;

/** What the configuration says of services, and of a routing table without its workers. */
export class Services {
  #configuration: ConfigurationInStore | undefined;
  #ownReceptions: ProxySettings["receptions"];

  /** 0: none has come yet. */
  get revision(): number {
    return this.#configuration?.revision ?? 0;
  }

  get traffic(): TrafficConfiguration | undefined {
    return this.#configuration?.traffic;
  }

  /** Workers that may be registered at once. */
  get workersMax(): number {
    return this.#configuration?.traffic.registration.workersMax ?? workersMaxUnconfigured;
  }

  /** False: it counts already. */
  configure(configuration: ConfigurationInStore): boolean {
    if (configuration.revision === this.#configuration?.revision) return false;
    this.#configuration = configuration;
    return true;
  }

  /**
   * What clients find at this gateway's own listeners. The configuration in the store may have been written for a host that
   * listens at other addresses; where it names a listener, it counts.
   */
  receive(own: ProxySettings["receptions"]): void {
    this.#ownReceptions = own;
  }

  of(name: string): Service {
    const services = this.#configuration?.traffic.services;
    const known = services !== undefined && Object.hasOwn(services, name) ? services[name] : undefined;
    return known ?? unconfiguredService(name);
  }

  checkOf(name: string): Check {
    return this.of(name).check;
  }

  /** `names`: of services that have workers. Undefined while there is no configuration. */
  head(names: Iterable<string>): TableHead | undefined {
    if (this.#configuration === undefined) return undefined;
    const { revision, traffic } = this.#configuration;
    const proxy = withReceptions(traffic.proxy, this.#ownReceptions);
    return { revision, proxy, ...frameOf(traffic, names) };
  }
}
