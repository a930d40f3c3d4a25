import { rm } from "node:fs/promises";
import { parseAddress } from "../core/registry/address.ts";
import { UnixPeerTransport } from "../peers/unix-transport.ts";
import type { ChildAssignment, SupervisorFrame } from "../protocol/supervision.ts";
import { exitCodes } from "../protocol/supervision.ts";
import { netProber } from "../registry/probe.ts";
import { controlIsSecure } from "../runtime/cluster-tls.ts";
import { type ChildLink, connectToSupervisor, readAssignment } from "../runtime/child-link.ts";
import { systemClock } from "../runtime/clock.ts";
import { keepCompiled } from "../runtime/compile-cache.ts";
import { createLogger, type Logger } from "../runtime/logger.ts";
import { readOrMakeGatewayName } from "../runtime/gateway-name.ts";
import { hostIdentity } from "../runtime/host-identity.ts";
import { LoopDelay } from "../runtime/loop-delay.ts";
import { makeOwnDirectory } from "../runtime/make-directory.ts";
import { openFilesMax } from "../runtime/open-files.ts";
import { placesIn } from "../runtime/places.ts";
import { newInstanceId, systemRandom } from "../runtime/random.ts";
import { SupervisorStarter } from "../runtime/spawn-supervisor.ts";
import { createStore } from "../store/open.ts";
import { StoreCorrupt } from "../store/store.ts";
import { ClusterCertificates } from "./cluster-certificates.ts";
import type { ControllerPlaces } from "./controller-options.ts";
import { Controller } from "./controller.ts";
import { Elsewhere } from "./elsewhere.ts";
import { KeptSocket } from "./kept-socket.ts";
import { readOrMakeToken } from "./token.ts";
import { tellWhoIsOutOfReach } from "./out-of-reach.ts";
import { yieldToProxies } from "./yield-to-proxies.ts";

/** Well after the proxies have had their chance: they hold the listening sockets. */
const orphanedAfterMs = 5_000;
/** How soon a renewed certificate is taken. */
const renewEveryMs = 30_000;

const assignment = readAssignment("controller");
const logger = createLogger({ role: "controller", name: assignment.name });

process.on("uncaughtException", (error) => {
  logger.error({ error: { message: error.message, stack: error.stack } }, "the controller failed");
  process.exit(1);
});
// Timers of the clock do not keep a process alive; this one waits by them for the store, before it has a socket.
const awake = setInterval(() => {}, 1_000);
run(assignment, logger)
  .catch((error: unknown) => {
    const code = error instanceof StoreCorrupt ? exitCodes.storeCorrupt : 1;
    logger.error(
      { error: error instanceof Error ? error.message : String(error) },
      "the controller cannot start",
    );
    process.exit(code);
  })
  .finally(() => clearInterval(awake));

async function run(assignment: ChildAssignment, logger: Logger): Promise<void> {
  const clock = systemClock;
  const places = placesIn(assignment.state);
  const instance = newInstanceId();
  const socketPath = places.controllerSocket(assignment.name);
  makeOwnDirectory(places.run);
  const control = parseAddress(assignment.control.address);
  const controlHost = control?.host === undefined || control.host === "" ? "127.0.0.1" : control.host;
  const store = createStore(assignment.store, { places, clock, random: systemRandom, logger });
  await store.open();
  // The supervisor tells the clients' addresses, anew at each reload.
  const ownListeners = [assignment.control.address];
  const loopDelay = new LoopDelay(clock);
  // A supervisor of an older version does not tell.
  const secure = assignment.control.secure ?? controlIsSecure(places, controlHost);
  const certificates = secure ? new ClusterCertificates(places, clock, logger) : undefined;
  const home = { gateway: readOrMakeGatewayName(places.nameFile), host: hostIdentity() };
  const here = new UnixPeerTransport(places);
  const { presence } = store;
  const elsewhere =
    presence &&
    new Elsewhere({
      controller: instance,
      home,
      presence,
      clock,
      logger,
      ca: () => certificates?.inUse.ca,
      here,
    });
  const controller = new Controller({
    name: elsewhere === undefined ? assignment.name : `${home.gateway}/${assignment.name}`,
    home,
    elsewhere,
    instance,
    clock,
    random: systemRandom,
    prober: netProber(clock, logger),
    store,
    transport: elsewhere?.transport ?? here,
    logger,
    token: await readOrMakeToken(places.tokenFile),
    controlHost,
    tls: certificates?.inUse,
    certificate: () => certificates?.shown,
    ownListeners,
    filesMax: openFilesMax(),
    loopDelayP99Ms: () => loopDelay.p99Ms,
    onStoreCorrupt(error) {
      logger.error({ error: error.message }, "the store must not be used");
      process.exit(exitCodes.storeCorrupt);
    },
  });
  if (presence !== undefined) tellWhoIsOutOfReach(controlHost, home, presence, logger);
  await startPrivately(controller, {
    own: { host: controlHost, port: 0 },
    doorFd: assignment.control.fd,
    socketPath,
  });
  const socket = new KeptSocket(socketPath, controller.server, { clock, logger });
  const link = linkToSupervisor(assignment, instance, controller, {
    cleanUp: () => socket.remove(),
    ownAddresses: (listen) => ownListeners.splice(0, Infinity, assignment.control.address, ...listen),
  });
  link.ready();
  // Not sooner: the supervisor waits for a start so long and no longer, and then all of it was in vain.
  yieldToProxies();
  keepCompiled();
  if (certificates === undefined) return;
  clock.every(renewEveryMs, () => {
    if (certificates.renew()) controller.server.renew(certificates.inUse);
  });
}

async function startPrivately(
  controller: Controller,
  places: ControllerPlaces & { socketPath: string },
): Promise<void> {
  // A controller of this name that was killed left its socket behind.
  await rm(places.socketPath, { force: true });
  // Whoever may open the socket is trusted: only this user.
  const umask = process.umask(0o177);
  await controller.start(places).finally(() => process.umask(umask));
}

function linkToSupervisor(
  assignment: ChildAssignment,
  instance: string,
  controller: Controller,
  told: { cleanUp(): void; ownAddresses(listen: string[]): void },
): ChildLink {
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    link.leaving();
    // From here on nobody finds this controller any more; who is attached moves to another.
    told.cleanUp();
    controller
      .stop()
      .catch((error: unknown) => logger.warn({ error: String(error) }, "the polite end failed"))
      .finally(() => {
        link.drained();
        // The last word must leave this process.
        setTimeout(() => process.exit(0), 50);
      });
  };
  const onFrame = (frame: SupervisorFrame): void => {
    if (frame.t === "configuration") {
      told.ownAddresses(frame.listen);
      controller.configure({ traffic: frame.traffic, digest: frame.digest, told: frame.told });
    } else if (frame.t === "controller-exited") controller.election.holderExited(frame.instance);
    else if (frame.t === "drain") leave();
  };
  const link = connectToSupervisor(assignment, {
    clock: systemClock,
    instance,
    status: () => ({
      term: controller.term,
      leader: controller.leads,
      ...controller.configured(),
      ...controller.certificate(),
    }),
    supervisorDelay: (ms) => (controller.tally.supervisorDelayMs = ms),
    onFrame,
  });
  const starter = new SupervisorStarter(systemClock, logger);
  // Last of all: when the proxies, which do this sooner, are gone as well.
  link.onOrphaned(orphanedAfterMs, () => starter.start(assignment));
  process.on("SIGTERM", leave);
  // A terminal's Ctrl-C goes to the whole group: the supervisor decides what it means.
  process.on("SIGINT", () => {});
  return link;
}
