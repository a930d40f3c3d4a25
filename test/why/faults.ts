import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import type { TestContext } from "node:test";
import { createServer } from "node:tls";
import type { Cause } from "../../src/core/requests/cause.ts";
import { type TestPeer, type TestWorker, until } from "../../src/proxy/testing/testing-peers.ts";
import {
  testRoute,
  testService,
  type TestTableParts,
  testWorkerRow,
} from "../../src/proxy/testing/testing-table.ts";
import { TestAuthority } from "../certificates.ts";
import type { WhyStage } from "./stage.ts";

/** A fault that a request meets: how it comes about, and what must be said of it. */
export interface Fault {
  name: string;
  cause: Cause;
  /** Of what to do. */
  todo: RegExp;
  /** Of what happened, or by which rule. */
  says?: RegExp;
  /** The id of the request that met it. */
  provoke(stage: WhyStage, context: TestContext): Promise<string>;
}

const own = "mine-1";
/** A request that brings its own id, for where no answer could tell one. */
const mine = `GET /orders/7 HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${own}\r\n\r\n`;
const get = "GET /orders/7?api_key=secret HTTP/1.1\r\nHost: x\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const trusting = { proxy: { trustedProxies: ["127.0.0.1/32"] } };
const soon = { timeouts: { noWorkerWaitMs: 10 } };

/** The id that the answer tells. */
async function answered(me: TestPeer): Promise<string> {
  const { head } = await me.message();
  const id = /x-request-id: (\S+)/i.exec(head)?.[1];
  if (id === undefined) throw new Error(`an answer without an id: ${head}`);
  return id;
}

/** One worker, to which this request went; the test holds both ends. */
async function held(
  stage: WhyStage,
  request: string,
  parts: TestTableParts = {},
): Promise<{ me: TestPeer; worker: TestPeer; place: TestWorker }> {
  const place = await stage.worker();
  stage.table({ ...trusting, ...parts, workers: [testWorkerRow(place.port)] });
  const me = await stage.client();
  me.send(request);
  const worker = await place.connection();
  await worker.head();
  return { me, worker, place };
}

/** The gateway's answer to a request of which no worker hears. */
function refusing(request: string, parts: TestTableParts = {}): Fault["provoke"] {
  return async (stage) => {
    const worker = await stage.worker();
    stage.table({ ...parts, workers: parts.workers ?? [testWorkerRow(worker.port)] });
    const me = await stage.client();
    me.send(request);
    return answered(me);
  };
}

/** What the client gets in answer to what this worker says. */
function answering(text: string, request = get, parts: TestTableParts = {}): Fault["provoke"] {
  return async (stage) => {
    const { me, worker } = await held(stage, request, parts);
    worker.send(text);
    return answered(me);
  };
}

/** The worker is lost in this way; the client has no answer then. */
async function lost(stage: WhyStage, request: string, parts: TestTableParts = {}): Promise<string> {
  const { me, worker } = await held(stage, request, parts);
  worker.reset();
  return answered(me);
}

async function cut(stage: WhyStage, part: string, end: (worker: TestPeer) => void): Promise<string> {
  const { me, worker } = await held(stage, mine);
  worker.send(part);
  await me.head();
  end(worker);
  await me.gone();
  return own;
}

/** Waits until the proxy has taken note of a request that nobody was told of. */
async function noted(stage: WhyStage): Promise<string> {
  await until(() => stage.proxy.requestLog.find({ id: own, limit: 1 }).length === 1, "a record");
  return own;
}

const elapsed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** So long that the largest part of a request's time is this one, also on a busy machine. */
const muchMs = 600;
const slow = (slowMs: number): TestTableParts => ({
  proxy: { requests: { slowMs, samplesPerSecond: 0, keep: 10, redact: [] } },
});

export const faults: readonly Fault[] = [
  // --- Between the route and the choice of a worker ---
  {
    name: "no route",
    cause: "no-route",
    todo: /Add a route.*skein route test GET \/orders\/7 --host x/,
    says: /Nearest: \/orders, for one \(header authorization is not "Bearer x", but another\), \/shop \(path .*is not "\/shop"/,
    provoke: refusing(get.replace("Host", "Authorization: Bearer secret\r\nHost"), {
      routes: [
        testRoute({
          name: "/orders, for one",
          match: { ...testRoute().match, headers: [{ name: "authorization", value: "Bearer x" }] },
        }),
        testRoute({
          name: "/shop",
          match: { hosts: [], path: { kind: "prefix", path: "/shop" }, methods: [], headers: [], query: [] },
        }),
      ],
    }),
  },
  {
    name: "a proxy without a table",
    cause: "not-ready",
    todo: /skein leader/,
    async provoke(stage) {
      const me = await stage.client();
      me.send(get);
      return answered(me);
    },
  },
  {
    name: "a service without workers",
    cause: "no-worker",
    todo: /Start one that joins 'web'/,
    provoke: refusing(get, { workers: [], ...soon }),
  },
  {
    name: "every worker is out",
    cause: "workers-out",
    todo: /skein ps -s web/,
    says: /w-9 \(reset\)/,
    provoke: refusing(get, {
      workers: [testWorkerRow(9, { state: { kind: "suspect", cause: "reset", strength: "hard" } })],
      ...soon,
    }),
  },
  {
    name: "every worker drains",
    cause: "workers-draining",
    todo: /skein undrain/,
    provoke: refusing(get, { workers: [testWorkerRow(9, { state: { kind: "draining" } })], ...soon }),
  },
  {
    name: "every worker has weight 0",
    cause: "workers-weightless",
    todo: /skein weight <id> reset/,
    provoke: refusing(get, { workers: [testWorkerRow(9, { weight: 0 })], ...soon }),
  },
  {
    name: "a full queue",
    cause: "queue-full",
    todo: /queue\.max/,
    says: /1 of 1 in flight.*queue\.max = 0/s,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 0, waitMs: 60_000 } })];
      await held(stage, get, { services });
      const second = await stage.client();
      second.send(get);
      return answered(second);
    },
  },
  {
    name: "too long in the queue",
    cause: "queue-timeout",
    todo: /queue\.wait/,
    says: /queue\.wait = 30 ms/,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 5, waitMs: 30 } })];
      await held(stage, get, { services });
      const second = await stage.client();
      second.send(get);
      return answered(second);
    },
  },
  // --- The worker ---
  {
    name: "nobody listens at the worker's address",
    cause: "worker-refused",
    todo: /Is the process running/,
    says: /another one was tried/,
    async provoke(stage) {
      const gone = await stage.worker();
      const { port } = gone;
      gone.kill();
      return refusing(get, { workers: [testWorkerRow(port)], ...soon })(stage, undefined as never);
    },
  },
  {
    name: "a certificate that nobody vouches for",
    cause: "worker-untrusted",
    todo: /tls\.ca/,
    async provoke(stage, context) {
      const files = new TestAuthority(context).issue(["127.0.0.1"]);
      const server = createServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) });
      server.on("tlsClientError", () => {});
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      context.after(() => server.close());
      const { port } = server.address() as AddressInfo;
      const services = [testService({ tls: { verify: true } })];
      return refusing(get, { services, workers: [testWorkerRow(port)], ...soon })(stage, context);
    },
  },
  {
    name: "a host that takes no connection",
    cause: "connect-timeout",
    todo: /firewall/,
    says: /timeouts\.connect = 60 ms/,
    async provoke(stage, context) {
      const port = await stoppedListener(context);
      const timeouts = { connectMs: 60, noWorkerWaitMs: 10 };
      return refusing(get, { workers: [testWorkerRow(port)], timeouts })(stage, context);
    },
  },
  {
    name: "reset before the first byte, and no retry allowed",
    cause: "worker-reset",
    todo: /crashed, was killed/,
    says: /its route says `retry: false`/,
    provoke: (stage) => lost(stage, get, { routes: [testRoute({ retry: false })] }),
  },
  {
    name: "reset before the first byte, and no retry left in the budget",
    cause: "worker-reset",
    todo: /crashed, was killed/,
    says: /retry budget was used up/,
    provoke: (stage) =>
      lost(stage, get, { proxy: { retryBudget: { ratio: 0, reserve: 0, perSecondMin: 0 } } }),
  },
  {
    name: "reset with a request that may not be repeated",
    cause: "outcome-unknown",
    todo: /worker's log before the request is repeated/,
    says: /not idempotent/,
    provoke: (stage) => lost(stage, post),
  },
  {
    name: "reset after the first byte, before the answer's head",
    cause: "worker-reset",
    todo: /crashed, was killed/,
    says: /a part of an answer had come/,
    async provoke(stage) {
      const { me, worker } = await held(stage, get);
      worker.send("HTTP/1.1 200 O");
      worker.socket.end();
      return answered(me);
    },
  },
  {
    name: "reset within the answer's body",
    cause: "reset-in-answer",
    todo: /while it answered/,
    says: /cannot be repeated/,
    provoke: (stage) =>
      cut(stage, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart", (worker) => worker.reset()),
  },
  {
    name: "no answer in time",
    cause: "head-timeout",
    todo: /raise timeout of route '\/'/,
    says: /route\.timeout = 40 ms/,
    async provoke(stage) {
      const { me } = await held(stage, get, { routes: [testRoute({ headTimeoutMs: 40 })] });
      return answered(me);
    },
  },
  {
    name: "an answer with two lengths",
    cause: "bad-answer",
    todo: /doubled Content-Length/,
    says: /is not valid HTTP\/1\.1 \(.+\)/,
    provoke: answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
  },
  {
    name: "a chunk that is none, within the answer's body",
    cause: "bad-answer-in-body",
    todo: /its chunks/,
    provoke: (stage) =>
      cut(stage, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", (worker) => worker.send("xyz\r\n")),
  },
  {
    name: "a switch of protocols that nobody asked for",
    cause: "upgrade-refused",
    todo: /upgrades/,
    provoke: answering(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ),
  },
  {
    name: "a worker that stops reading an upload while it answers",
    cause: "worker-not-reading",
    todo: /blocks the worker's handler/,
    says: /timeouts\.stalledClient = 150 ms/,
    async provoke(stage) {
      const size = 64 * 1024 * 1024;
      const upload = `POST / HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${own}\r\nContent-Length: ${size}\r\n\r\n`;
      const { me, worker } = await held(stage, upload, { timeouts: { stalledClientMs: 150 } });
      worker.socket.pause();
      worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      await me.head();
      me.send(Buffer.alloc(size));
      return noted(stage);
    },
  },
  {
    name: "the worker's own 500",
    cause: "worker-error",
    todo: /same x-request-id/,
    provoke: answering("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
  },
  {
    name: "the worker's own 503",
    cause: "worker-error",
    todo: /same x-request-id/,
    says: /itself answered 503/,
    provoke: answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
  },
  // --- Slowness ---
  {
    name: "a slow worker",
    cause: "slow-worker",
    todo: /what the worker does/,
    async provoke(stage) {
      const { me, worker } = await held(stage, get, slow(1));
      await elapsed(muchMs);
      worker.send(ok);
      return answered(me);
    },
  },
  {
    name: "a long wait for a worker",
    cause: "slow-queue",
    todo: /start more of 'web'/,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 5, waitMs: 60_000 } })];
      const { worker } = await held(stage, get, { services, ...slow(1) });
      const second = await stage.client();
      second.send(get);
      await until(() => stage.proxy.pool("web").waiting === 1, "it waits");
      await elapsed(muchMs);
      worker.send(ok);
      await worker.head();
      worker.send(ok);
      return answered(second);
    },
  },
  {
    name: "a try that failed late",
    cause: "slow-retries",
    todo: /which workers failed/,
    says: /went to a try that failed \(w-\d+: reset\)/,
    async provoke(stage) {
      const { me, worker, place } = await held(stage, get, slow(1));
      const other = (await stage.worker()).answerAll("other");
      stage.table({ ...slow(1), workers: [testWorkerRow(place.port), testWorkerRow(other.port)] });
      await elapsed(muchMs);
      worker.reset();
      return answered(me);
    },
  },
  // --- The client, and what it sends ---
  {
    name: "more connections than are taken",
    cause: "too-many-connections",
    todo: /limits\.connections/,
    async provoke(stage) {
      stage.table({ limits: { connectionsMax: 1 } });
      await stage.client();
      const me = await stage.client();
      return answered(me);
    },
  },
  {
    name: "a client that goes while the worker works",
    cause: "client-gone",
    todo: /client's own timeout/,
    says: /while web\/w-\d+ had the request/,
    async provoke(stage) {
      const { me } = await held(stage, mine);
      me.reset();
      return noted(stage);
    },
  },
  {
    name: "a client that goes amid the answer",
    cause: "client-gone",
    todo: /client's own timeout/,
    says: /within the answer of web\/w-\d+/,
    async provoke(stage) {
      const { me, worker } = await held(stage, mine);
      worker.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
      await me.head();
      me.reset();
      return noted(stage);
    },
  },
  {
    name: "a client that does not read",
    cause: "client-stalled",
    todo: /timeouts\.stalledClient/,
    async provoke(stage) {
      const { me, worker } = await held(stage, mine, { timeouts: { stalledClientMs: 100 } });
      me.socket.pause();
      const size = 64 * 1024 * 1024;
      worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      worker.send(Buffer.alloc(size));
      return noted(stage);
    },
  },
  {
    name: "a proxy that ends",
    cause: "gateway-stopped",
    todo: /longer than the drain/,
    async provoke(stage) {
      await held(stage, mine);
      await stage.proxy.drain(1);
      return noted(stage);
    },
  },
  {
    name: "a head that does not come to its end",
    cause: "head-too-slow",
    todo: /timeouts\.head = 40 ms/,
    provoke: refusing("GET / HTTP/1.1\r\nHost", { timeouts: { headMs: 40 } }),
  },
  {
    name: "a body that stops coming",
    cause: "body-too-slow",
    todo: /timeouts\.stalledClient = 60 ms/,
    provoke: refusing("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", {
      timeouts: { stalledClientMs: 60 },
    }),
  },
  {
    name: "a body over the route's limit",
    cause: "body-too-large",
    todo: /raise body of route '\/' \(route\.body = 5\)/,
    provoke: refusing("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", {
      routes: [testRoute({ bodyBytesMax: 5 })],
    }),
  },
  ...(
    [
      ["no HTTP", "bad-request", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n"],
      [
        "two lengths",
        "bad-framing",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      ],
      [
        "length and chunks",
        "bad-framing",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      ],
      [
        "a chunk that is none",
        "bad-framing",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      ],
      ["no Host", "bad-host", "GET / HTTP/1.1\r\n\r\n"],
      ["two Hosts", "bad-host", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
      ["a path that climbs", "bad-path", "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["an encoded slash", "bad-path", "GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["CONNECT", "method-refused", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n"],
      ["https over a plain connection", "scheme-refused", "GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["too long a target", "target-too-long", `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
      ["too large a head", "head-too-large", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(17_000)}\r\n\r\n`],
      ["an unknown expectation", "expectation-failed", "GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n"],
      [
        "an unknown coding",
        "coding-unknown",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      ],
      ["another version", "version-refused", "GET / HTTP/3.0\r\nHost: x\r\n\r\n"],
    ] as const
  ).map(([name, cause, request]): Fault => ({ name, cause, todo: /\S/, provoke: refusing(request) })),
];

/** A listener of another process that is stopped, its queue full: the kernel answers no further connection. */
async function stoppedListener(context: TestContext): Promise<number> {
  const program = `require("node:net").createServer().listen({port:0,host:"127.0.0.1",backlog:1},function(){console.log(this.address().port)})`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(chunk.toString());
  child.kill("SIGSTOP");
  for (let full = false; !full;) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    context.after(() => socket.destroy());
    full = await Promise.race([once(socket, "connect").then(() => false), elapsed(300).then(() => true)]);
  }
  return port;
}
