// Many workers in one process: real sessions by the worker's own code, over cheap connections and without its watch threads. Their addresses are
// a few real listening sockets, so that the first check of each succeeds.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../runtime/clock.ts";
import { newInstanceId, systemRandom } from "../../runtime/random.ts";
import type { Connect } from "../../worker/connection.ts";
import { Membership } from "../../worker/membership.ts";
import { lightConnect } from "./light-connect.ts";
import type { CrowdCommand, CrowdReport } from "./messages.ts";

type JoinCommand = Extract<CrowdCommand, { t: "join" }>;

// Thousands of refusals in one moment: nobody looks where they were noticed.
Error.stackTraceLimit = 0;

const doors = 8;
const reportEveryMs = 100;

const count: CrowdReport = {
  t: "count",
  sessions: 0,
  workers: 0,
  sent: 0,
  refused: 0,
  firstOpenAt: 0,
  lastOpenAt: 0,
};
const openSessions = new Map<number, number>();
const kept: unknown[] = [];

const countingConnect: Connect = (url, events) => {
  const connection = lightConnect(url, events);
  return {
    ...connection,
    send(text) {
      count.sent += 1;
      connection.send(text);
    },
  };
};

async function listen(): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function opened(): void {
  const now = systemClock.now();
  if (count.firstOpenAt === 0) count.firstOpenAt = now;
  count.lastOpenAt = now;
}

function setSessions(worker: number, open: number): void {
  const before = openSessions.get(worker) ?? 0;
  if (open > before) opened();
  openSessions.set(worker, open);
  count.sessions += open - before;
  if (before === 0 && open > 0) count.workers += 1;
  if (before > 0 && open === 0) count.workers -= 1;
}

function joinOne(number: number, address: string, { seeds, ttlMs }: JoinCommand): void {
  const registration = {
    service: "crowd",
    id: `w-${number}`,
    instance: newInstanceId(),
    address,
    version: "1.0.0",
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
  kept.push(
    new Membership(registration, undefined, {
      clock: systemClock,
      random: systemRandom,
      connect: countingConnect,
      seeds: () => seeds,
      load: () => ({
        inFlight: number % 7,
        eventLoopDelayP99Ms: 3,
        eventLoopUtilization: 0.2,
        memoryBytes: 5e7,
      }),
      tell(news) {
        if (news.t === "sessions") setSessions(number, news.open);
        if (news.t === "refused")
          process.stderr.write(`crowd: w-${number} refused: ${news.code} ${news.detail}\n`);
      },
    }),
  );
}

/** A connection that only sends: the same messages, to a server that does nothing with them. */
function bareOne(number: number, url: string, everyMs: number): void {
  let seq = 0;
  const connection = countingConnect(url, {
    opened() {
      setSessions(number, 1);
      setTimeout(() => setInterval(beat, everyMs), systemRandom() * everyMs);
    },
    received() {},
    alive() {},
    closed: (reason) => process.stderr.write(`crowd: the bare server closed: ${reason}\n`),
  });
  const load = { inFlight: number % 7, eventLoopDelayP99Ms: 3, eventLoopUtilization: 0.2, memoryBytes: 5e7 };
  const beat = (): void => {
    seq += 1;
    connection.send(JSON.stringify({ t: "beat", seq, load }));
  };
}

/** Calls `start` for 0, 1, ... `total` - 1, at most `perSecond` a second. */
function ramp(total: number, perSecond: number, start: (index: number) => void): void {
  const beganAt = systemClock.now();
  let started = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, Math.ceil(((systemClock.now() - beganAt) * perSecond) / 1000));
    while (started < due) {
      start(started);
      started += 1;
    }
    if (started === total) clearInterval(timer);
  }, 5);
}

const addresses = await Promise.all(Array.from({ length: doors }, listen));
process.on("message", (command: CrowdCommand) => {
  if (command.t === "join") {
    ramp(command.count, command.perSecond, (index) => {
      joinOne(command.from + index, addresses[index % doors] ?? "", command);
    });
  } else if (command.t === "bare") {
    ramp(command.count, command.perSecond, (index) => bareOne(index, command.url, command.everyMs));
  } else {
    count.firstOpenAt = 0;
    count.lastOpenAt = 0;
  }
});
process.on("disconnect", () => process.exit(0));
setInterval(() => process.send?.(count, undefined, undefined, () => {}), reportEveryMs);
