import type {
  ControllersReply,
  ControllerView,
  RoutesReply,
  ServicesReply,
  ServiceView,
  StoreReply,
} from "../protocol/discovery.ts";
import type { Peer } from "../peers/peers.ts";
import { unconfiguredService } from "../registry/defaults.ts";
import type { Registry } from "../registry/registry.ts";
import { frameOf } from "../registry/table.ts";
import type { Store } from "../store/store.ts";

export function servicesOf(registry: Registry): ServicesReply {
  const configured = registry.traffic?.services ?? {};
  const names = new Set([...Object.keys(configured), ...registry.serviceNames()]);
  const services = new Map<string, ServiceView>();
  for (const name of [...names].sort()) {
    const isConfigured = Object.hasOwn(configured, name);
    const service = (isConfigured ? configured[name] : undefined) ?? unconfiguredService(name);
    services.set(name, {
      name,
      configured: isConfigured,
      policy: service.policy,
      check: service.check,
      workers: { total: 0, live: 0, suspect: 0, draining: 0, left: 0, dead: 0 },
      preserving: registry.serviceCounts(name).preserving,
    });
  }
  for (const worker of registry.views()) {
    const view = services.get(worker.service);
    if (view === undefined) continue;
    view.workers.total += 1;
    view.workers[worker.state] += 1;
  }
  return { v: 1, services: [...services.values()] };
}

export function routesOf(registry: Registry): RoutesReply {
  const { traffic } = registry;
  const routes = traffic === undefined ? [] : frameOf(traffic, registry.serviceNames()).routes;
  return { v: 1, revision: registry.revision, routes };
}

export function storeOf({ place, condition }: Pick<Store, "place" | "condition">): StoreReply {
  const what = condition.kind === "sound" ? null : condition.what;
  return { v: 1, place, condition: condition.kind, what };
}

/** This controller, as its peers would see it. */
export interface OwnView {
  name: string;
  instance: string;
  url: string;
  term: number;
  leads: boolean;
}

/** Who leads by the word of a store that several gateways share: perhaps a controller that is no peer. */
export interface StoreLeader {
  instance: string;
  term: number;
}

export function controllersOf(
  own: OwnView,
  peers: readonly Peer[],
  storeLeader?: StoreLeader,
): ControllersReply {
  const self: ControllerView = {
    name: own.name,
    instance: own.instance,
    url: own.url,
    role: own.leads ? "leader" : "standby",
    term: own.term,
    self: true,
  };
  const others = peers.map((peer): ControllerView => {
    // A leader that was overtaken does not know it yet: only the newest term counts.
    const leads = peer.leader && peer.term >= own.term && !own.leads;
    const { name, controller, url, term } = peer;
    return { name, instance: controller, url, role: leads ? "leader" : "standby", term, self: false };
  });
  const known = [own.instance, ...peers.map(({ controller }) => controller)];
  const beyond =
    storeLeader === undefined || known.includes(storeLeader.instance) ? [] : [beyondView(storeLeader)];
  const controllers = [self, ...others, ...beyond].sort((one, other) => (one.name < other.name ? -1 : 1));
  const term = Math.max(...controllers.map((one) => one.term));
  const leader = controllers.find((one) => one.role === "leader")?.name ?? null;
  return { v: 1, term, leader, controllers };
}

/** All that is known of a leader of another gateway. */
function beyondView({ instance, term }: StoreLeader): ControllerView {
  return { name: "at another gateway", instance, url: "", role: "leader", term, self: false };
}
