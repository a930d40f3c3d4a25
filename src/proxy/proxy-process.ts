import type { ChildLink, ChildLinkOptions } from "../runtime/child-link.ts";
import type { ProxyAnswer, ProxyQuestion } from "../protocol/requests.ts";
import type { TableFrame } from "../protocol/routing-table.ts";
import type { ChildAssignment } from "../protocol/supervision.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { readOrMakeGatewayName } from "../runtime/gateway-name.ts";
import { LoopDelay } from "../runtime/loop-delay.ts";
import { type Places, placesIn } from "../runtime/places.ts";
import type { Random } from "../runtime/random.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { EvidenceBatch } from "./reports/evidence-batch.ts";
import { type ControlPlace, placesElsewhere, placesHere } from "./table/control-places.ts";
import { frameHere } from "./table/far-table.ts";
import { type Posted, postJson } from "./json-request.ts";
import { Proxy } from "./proxy.ts";
import { TableCache } from "./table/table-cache.ts";
import { TableClient } from "./table/table-client.ts";
import type { StatisticsReply } from "../protocol/evidence.ts";
import type { TableChange } from "./table/table-view.ts";

/** Without a supervisor for this long, a new one is started: everything together takes less than 2 s. */
const orphanedAfterMs = 500;
const statisticsEveryMs = 1_000;
/** Longest time that the end waits for the last report: less than the supervisor waits for the end. */
const lastReportMs = 1_000;
/** On a host without controllers: so long after its start what was known last is better than nothing. */
const cachedAfterMs = 1_000;

export interface ProxyProcessParts {
  assignment: ChildAssignment;
  instance: string;
  zone?: string | undefined;
  filesMax?: number | undefined;
  clock: Clock;
  random: Random;
  logger: Logger;
  connectToSupervisor(assignment: ChildAssignment, options: ChildLinkOptions): ChildLink;
  /** There is none: this process starts one, unless another orphan does. */
  spawnSupervisor(): void;
  exit(code: number): void;
}

/** A proxy with all its connections to the rest of the gateway: controllers, supervisor, inherited sockets. */
export async function startProxyProcess(parts: ProxyProcessParts): Promise<Proxy> {
  const { assignment, instance, zone, clock, random, logger } = parts;
  const places = placesIn(assignment.state);
  const reportName = reportNameOf(assignment, places);
  const post = posting(() => table.attachedTo, parts);
  const evidence = new EvidenceBatch(reportName, clock, (report, done) => post("/v1/evidence", report, done));
  const loopDelay = new LoopDelay(clock);
  const proxy = new Proxy({
    name: reportName,
    instance,
    zone,
    filesMax: parts.filesMax,
    stickyKeyFile: places.stickyKeyFile,
    clock,
    random,
    logger,
    evidence: (item) => evidence.add(item),
    loopDelayP99Ms: () => loopDelay.p99Ms,
    certificatesRead: (states) => link.certificates(states),
  });

  let listening = false;
  const listenOnce = (): void => {
    if (listening) return;
    listening = true;
    listenOnAll(proxy, assignment, logger).then(
      () => link.ready(),
      (error: unknown) => {
        logger.error({ error: String(error) }, "the proxy cannot listen");
        parts.exit(1);
      },
    );
  };
  const link = parts.connectToSupervisor(assignment, {
    clock,
    instance,
    status: () => ({ term: proxy.tableIdentity.term, leader: false, serves: proxy.tableIdentity.revision }),
    ticketKey: () => proxy.ticketKey,
    onFrame(frame) {
      if (frame.t === "drain") void drain(frame.withinMs, frame.idleMs);
      else if (frame.t === "ticket-key") proxy.takeTicketKey(frame.ticketKey);
      else if (frame.t === "siblings") proxy.takeSiblings(frame.proxies);
    },
  });
  const table = followTable(parts, proxy, places, listenOnce, ({ ask, wanted }) => {
    const records = proxy.requestLog.find(wanted);
    post("/v1/answers", { v: 1, ask, proxy: reportName, records } satisfies ProxyAnswer, () => {});
  });
  const report = (done = (): void => {}): void =>
    post("/v1/statistics", proxy.report(), (posted, text) => {
      // Without word from a controller the last one holds: whoever is gone may be back.
      if (posted === "taken") proxy.rateLimits.sharers = sharersIn(text) ?? proxy.rateLimits.sharers;
      done();
    });
  clock.every(statisticsEveryMs, report);
  link.onOrphaned(orphanedAfterMs, () => parts.spawnSupervisor());

  let draining = false;
  async function drain(withinMs: number, idleMs = 0): Promise<void> {
    if (draining) return proxy.drain(withinMs, idleMs);
    draining = true;
    link.leaving();
    await proxy.drain(withinMs, idleMs);
    // The last words, that it leaves among them, must be out before the process ends.
    const exit = (afterMs: number): void => void clock.after(afterMs, () => parts.exit(0));
    report(() => exit(50));
    exit(lastReportMs);
    table.close();
    link.drained();
    link.close();
  }
  process.on("SIGTERM", () => void drain(drainBySignalMs));
  return proxy;
}

/** Reports to whichever controller the table comes from. That one refuses a report is said: nobody else would ever learn of it. */
function posting(attachedTo: () => ControlPlace | undefined, { clock, logger }: ProxyProcessParts) {
  const refusals = new SaidLately(clock);
  return (path: string, body: unknown, done: (posted: Posted, text: string) => void): void => {
    const place = attachedTo();
    if (place === undefined) return done("failed", "");
    postJson(place, path, body, (posted, text) => {
      if (posted === "refused" && refusals.mayBeSaid("refused"))
        logger.error({ path, answer: text }, "a controller refuses what this proxy reports");
      done(posted, text);
    });
  };
}

/** Undefined: an older controller, which does not tell. */
function sharersIn(text: string): number | undefined {
  try {
    const { sharers } = JSON.parse(text) as Partial<StatisticsReply>;
    return typeof sharers === "number" && sharers >= 1 ? sharers : undefined;
  } catch {
    return undefined;
  }
}

/** `listen`: the proxy knows enough to accept. It may be called more than once. */
function followTable(
  parts: ProxyProcessParts,
  proxy: Proxy,
  places: Places,
  listen: () => void,
  asked: (question: ProxyQuestion) => void,
): TableClient {
  const { assignment, clock, random, logger } = parts;
  const { follow } = assignment;
  const cache = follow && new TableCache(places.tableFile, clock, logger);
  const take = (told: TableFrame): TableChange => {
    const change = proxy.take(follow === undefined ? told : frameHere(told, follow.receptions));
    cache?.take(change, { ...proxy.tableIdentity, settled: proxy.settled });
    return change;
  };
  // A cluster that was begun anew is asked again each second, until it leads above what is known here.
  const refusals = new SaidLately(clock);
  let known = false;
  const begin = (): void => {
    known = true;
    listen();
  };
  clock.after(cachedAfterMs, () => {
    const frame = known ? undefined : cache?.read();
    // Of the listeners it says what was configured when it was written.
    if (frame !== undefined && takeCached(proxy, () => take(frame))) begin();
  });
  return new TableClient({
    places: placesOf(assignment, places),
    clock,
    random,
    logger,
    identity: () => proxy.tableIdentity,
    streamBegins: () => proxy.beginTableStream(),
    asked,
    take(frame) {
      const change = take(frame);
      if (change.kind === "refused" && refusals.mayBeSaid(change.reason))
        logger.warn({ reason: change.reason }, "a routing table was refused");
      // Only now: a connection accepted before the first table could only be turned away.
      if (change.kind === "full") begin();
      return change.kind !== "refused";
    },
  });
}

/** While no controller answers, what was known last is in force. A stream that opens later begins with a table of its own. */
function takeCached(proxy: Proxy, take: () => TableChange): boolean {
  proxy.logger.warn({}, "no controller answers: the last known routing table is in force");
  proxy.beginTableStream();
  const { kind } = take();
  proxy.beginTableStream();
  return kind === "full";
}

/** Reports of several hosts come together at one controller. */
function reportNameOf({ name, follow }: ChildAssignment, { nameFile }: Places): string {
  return follow === undefined ? name : `${readOrMakeGatewayName(nameFile)}:${name}`;
}

function placesOf({ follow }: ChildAssignment, places: Places): () => Promise<ControlPlace[]> {
  if (follow === undefined) return placesHere(places.run);
  return placesElsewhere({ urls: follow.urls, tokenFile: places.joinTokenFile, caFile: places.tls.ca });
}

const drainBySignalMs = 30_000;

/** Each as soon as it can be: one that waits for its certificates holds up no other. */
async function listenOnAll(proxy: Proxy, assignment: ChildAssignment, logger: Logger): Promise<void> {
  const listening = assignment.listeners.map(async ({ name, fd }) => {
    await proxy.listen({ fd }, name);
    logger.debug({ listener: name }, "accepting connections");
  });
  await Promise.all(listening);
}
