import type { ControlPorts } from "../control/ports.ts";
import type { Peer } from "../peers/peers.ts";
import type { PeerAnswer, PeerRequest } from "../protocol/peer.ts";
import type { StoreChange } from "../store/store.ts";
import { sharersOf } from "./sharers.ts";
import { SkeinError } from "../protocol/error.ts";
import { evidenceFromElsewhere } from "../registry/peer-news.ts";
import { workersMaxUnconfigured } from "../registry/services.ts";
import { tableWithoutLinks } from "../registry/table.ts";
import type { Controller } from "./controller.ts";
import { findRequests } from "./find-requests.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { isOfAnotherHost } from "./proxy-host.ts";
import { routesOf, servicesOf, storeOf } from "./views.ts";

const workersMetadataBytesMax = 4_096;

/** What the control API may do with this controller. */
export function controlPorts(controller: Controller, metrics: Metrics): ControlPorts {
  return { ...readPorts(controller, metrics), ...workerPorts(controller), ...writePorts(controller) };
}

type Reads = Omit<ControlPorts, keyof ReturnType<typeof workerPorts> | keyof ReturnType<typeof writePorts>>;

function readPorts(controller: Controller, metrics: Metrics): Reads {
  const { registry, options } = controller;
  return {
    controller: options.instance,
    url: () => controller.url,
    controllerUrls: () => controller.controllerUrls(),
    term: () => controller.term,
    guard: () => ({
      controlHost: options.controlHost,
      token: options.token,
      tokens: controller.shared.state?.tokens ?? [],
      wallTime: () => options.clock.wallTime(),
    }),
    registration: () => ({
      allow: registry.traffic?.registration.allow ?? noRanges,
      metadataBytesMax: registry.traffic?.registration.metadataBytesMax ?? workersMetadataBytesMax,
      ownListeners: [...controller.ownListeners, controller.url.replace(/^https?:\/\//, "")],
    }),
    takeShare: (token, worker) =>
      controller.shares.take(
        token,
        worker,
        registry.traffic?.registration.workersMax ?? workersMaxUnconfigured,
      ),
    workers: () => registry.views(),
    find: (id, service) => registry.find(id, service),
    hasLeft: (service, id) => registry.hasLeft(service, id),
    overridden: (id, service) =>
      (controller.shared.state?.overrides ?? []).filter(
        (one) => one.id === id && (service === undefined || one.service === service),
      ),
    services: () => servicesOf(registry),
    routes: () => routesOf(registry),
    controllers: () => controller.controllers(),
    reports: () => controller.statistics.reportsOfServing,
    store: () => storeOf(options.store),
    table(opensLinks) {
      const table = registry.publisher.table();
      return table === undefined || opensLinks ? table : tableWithoutLinks(table);
    },
    subscribeTable: (frame, wants) => registry.publisher.subscribe({ ...wants, frame }),
    listenTable: (take) => registry.publisher.listen(take),
    listenQuestions: (write) => controller.questions.listen(write),
    answered: (answer) => controller.questions.answered(answer),
    requests: (wanted, everywhere) =>
      findRequests(wanted, controller.questions, everywhere ? controller.peers : undefined),
    sawTable: (seen, from) =>
      from === "here" ? controller.terms.sawTable(seen) : controller.terms.sawTableElsewhere(seen),
    async events(afterId, limit) {
      try {
        return await options.store.events(afterId, limit);
      } catch (error) {
        // Nobody else reads so far back: what cannot be read there is not the reader's affair alone.
        controller.shared.failed(error);
        throw error;
      }
    },
    lastEventId: () => controller.shared.state?.events.lastId ?? 0,
    onEvents: (changed) => controller.onEvents(changed),
    notReady: () => (controller.ready ? undefined : "No configuration has come to this controller yet."),
    config: () => controller.configuration.reply(),
    scraped: () => controller.scraped(),
    metrics: (part) => metrics.render(part),
    log: (fields, message) => options.logger.error(fields, message),
  };
}

const noRanges: readonly string[] = [];

function workerPorts(
  controller: Controller,
): Pick<ControlPorts, "heartbeat" | "openSession" | "evidence" | "statistics"> {
  const { registry, peers, statistics, tally } = controller;
  return {
    heartbeat: (request, load) => registry.heartbeat(request, load, "here"),
    openSession: (request, instance, socket) => registry.openSession(request, instance, socket),
    evidence(items, from) {
      tally.evidence(items);
      registry.evidence(from === "here" ? items : evidenceFromElsewhere(items, "another-host"), "here");
    },
    statistics: (report, from) => {
      const { proxy } = report;
      if (from === "elsewhere" && !isOfAnotherHost(proxy)) {
        throw new SkeinError(
          "forbidden",
          `proxy: by a join token nobody tells of this gateway's own ${proxy}.`,
        );
      }
      statistics.take(report);
      // Every gateway is scraped for its own proxies.
      peers.broadcast({ kind: "statistics", report }, "this-gateway");
      if (isOfAnotherHost(proxy)) peers.broadcast({ kind: "proxy-here", proxy });
      return sharersOf(statistics.live, peers.peers, controller.options.home);
    },
  };
}

/** What the leader wrote is seen here when this resolves. */
async function askLeader(controller: Controller, leader: Peer, request: PeerRequest): Promise<PeerAnswer> {
  const answer = await controller.peers.ask(leader, request);
  if (answer.status === 200) await controller.shared.readAgain();
  return answer;
}

type Writes =
  | "leadership"
  | "decideStore"
  | "drain"
  | "weigh"
  | "remove"
  | "putToken"
  | "rotateToken"
  | "revokeToken";

function writePorts(controller: Controller): Pick<ControlPorts, Writes> {
  const { registry, options } = controller;
  return {
    leadership() {
      if (controller.leads) return { kind: "here" };
      const leader = controller.controllers().controllers.find((one) => one.role === "leader" && !one.self);
      if (leader === undefined) return { kind: "nobody" };
      const peer = controller.peers.peers.find((one) => one.controller === leader.instance);
      if (peer === undefined) {
        const others = options.store.presence?.others() ?? [];
        return { kind: "beyond", leader: others.find((one) => one.controller === leader.instance) };
      }
      return { kind: "elsewhere", ask: (request) => askLeader(controller, peer, request) };
    },
    decideStore: (word) => options.store.decide(word),
    drain: (service, id, on) => controller.shared.write([{ kind: "override", service, id, drain: on }]),
    putToken: (token) => controller.shared.write([{ kind: "token", token }]),
    rotateToken: (id, added) => controller.shared.write([{ kind: "token-rotated", id, ...added }]),
    revokeToken: (id) => controller.shared.write([{ kind: "token-revoked", id }]),
    weigh(service, id, weight) {
      const message = `An operator set the weight of ${service}/${id} to ${weight ?? "the worker's own"}`;
      const event = {
        at: options.clock.wallTime(),
        kind: "worker-weight" as const,
        service,
        worker: id,
        message,
      };
      const changes: StoreChange[] = [
        { kind: "override", service, id, weight },
        { kind: "event", event },
      ];
      return controller.shared.write(changes);
    },
    remove(service, id) {
      const origin = registry.find(id, service)[0]?.origin;
      if (origin === "configured") {
        const detail = `${service}/${id} stands in the configuration: remove it there, or drain it.`;
        return Promise.reject(new SkeinError("invalid", detail));
      }
      registry.remove(service, id);
      return Promise.resolve();
    },
  };
}
