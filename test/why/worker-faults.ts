import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, Socket } from "node:net";
import type { TestContext } from "node:test";
import { createServer } from "node:tls";
import type { TestPeer } from "../../src/proxy/testing/testing-peers.ts";
import {
  testRoute,
  testService,
  type TestTableParts,
  testWorkerRow,
} from "../../src/proxy/testing/testing-table.ts";
import { TestAuthority } from "../certificates.ts";
import { answered, elapsed, type Fault, get, held, mine, noted, own, refusing, soon } from "./fault.ts";
import type { WhyStage } from "./stage.ts";

const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";

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

export const workerFaults: readonly Fault[] = [
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
    name: "a proxy that may open no more files",
    cause: "no-means",
    todo: /^This process has too many files open\. Raise its limit/,
    says: /^This host had no file, port or memory for a connection to web\/w-\d+\. Not repeated/,
    async provoke(stage, context) {
      const place = await stage.worker();
      stage.table({ workers: [testWorkerRow(place.port)] });
      const me = await stage.client();
      const fail = function (this: Socket): Socket {
        return this.destroy(
          Object.assign(new Error("connect EMFILE"), { code: "EMFILE", syscall: "connect" }),
        );
      };
      context.mock.method(Socket.prototype, "connect", fail, { times: 1 });
      me.send(get);
      return answered(me);
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
    name: "reset before the first byte, of a request that came as a repetition",
    cause: "worker-reset",
    todo: /crashed, was killed/,
    says: /it came as a repetition, made by a hop before this one/,
    provoke: (stage) => lost(stage, get.replace("Host", "X-Skein-Attempt: 1\r\nHost")),
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
    says: /route\.timeout = 200 ms/,
    async provoke(stage) {
      const { me } = await held(stage, get, { routes: [testRoute({ headTimeoutMs: 200 })] });
      return answered(me);
    },
  },
  {
    name: "no answer in the client's own time",
    cause: "head-timeout",
    todo: /give more time at the client\.$/,
    says: /within the time that the client gave \(x-skein-budget = 400 ms\)/,
    async provoke(stage) {
      const { me } = await held(stage, get.replace("Host", "X-Skein-Budget: 400\r\nHost"));
      return answered(me);
    },
  },
  {
    name: "no answer in the route's time, and a client that waits longer than it seems",
    cause: "head-timeout",
    todo: /raise timeout of route '\/'/,
    says: /route\.timeout = 200 ms/,
    async provoke(stage) {
      // Of two numbers the second counts.
      const request = get.replace("Host", "X-Skein-Budget: 10/60000\r\nHost");
      const { me } = await held(stage, request, { routes: [testRoute({ headTimeoutMs: 200 })] });
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
    name: "an answer whose head is too large",
    cause: "bad-answer",
    todo: /^Send less in it \(.+\), or raise limits\.workerHead = 2048\./,
    says: /a larger head than the gateway takes \(limits\.workerHead = 2048\)/,
    provoke: answering(
      `HTTP/1.1 200 OK\r\nSet-Cookie: a=${"b".repeat(2_048)}\r\nContent-Length: 0\r\n\r\n`,
      get,
      { limits: { workerHeadBytesMax: 2_048 } },
    ),
  },
  {
    name: "an answer with too many fields",
    cause: "bad-answer",
    todo: /^Send fewer fields \(.+\), or raise limits\.workerFields = 20\./,
    says: /more fields than the gateway takes \(limits\.workerFields = 20\)/,
    provoke: answering(
      `HTTP/1.1 200 OK\r\n${"Set-Cookie: a=b\r\n".repeat(21)}Content-Length: 0\r\n\r\n`,
      get,
      { limits: { workerFieldsMax: 20 } },
    ),
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
