import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { cancelCause, endFlag, FrameBuffers, frameKind, FrameWriter } from "../../link/link.ts";
import { systemClock } from "../../runtime/clock.ts";
import { addInFlight, newSharedLoad, sharedLoadIn, writeLoop } from "../shared-load.ts";
import { testingClock } from "../testing-clock.ts";
import { listenerLimits } from "./link-listener.ts";
import { type DialedStream, LinkDialer } from "./testing-dialer.ts";
import { head, linked, listenerFor, listening, Log, turns } from "./testing-service.ts";
import { StuckLink } from "./testing-stuck-link.ts";
import { linkLimits } from "./worker-link.ts";

const url: RequestListener = (request, response) => response.end(`of ${request.url}`);

async function turnsUntil(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve));
}

function read(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    request.on("data", (bytes: Buffer) => (text += bytes.toString()));
    request.on("end", () => resolve(text));
  });
}

test("frames byte by byte: the same answers", async (t) => {
  const { dialer } = await linked(t, (request, response) => {
    void read(request).then((text) => response.end(`${request.url} ${text}`));
  });
  const streams = [dialer.open(), dialer.open()];
  // No frame of credit in the middle of another.
  for (const stream of streams) stream.read(false);
  const frames = new FrameWriter(new FrameBuffers());
  frames.text(frameKind.request, 1, 0, head("PUT /one", "Transfer-Encoding: chunked"));
  frames.text(frameKind.body, 1, 0, "some");
  frames.text(frameKind.request, 2, endFlag, head("GET /two"));
  frames.text(frameKind.body, 1, 0, "thing");
  frames.text(frameKind.trailers, 1, endFlag, "X-Sum: 1\r\n");
  for (const byte of frames.collected()) {
    dialer.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answers = await Promise.all(streams.map(async (stream) => stream.whole()));
  assert.match(answers[0] ?? "", /\/one something$/);
  assert.match(answers[1] ?? "", /\/two $/);
});

test("heads in several frames, those of two streams mixed", async (t) => {
  const { dialer } = await linked(t, (request, response) =>
    response.end(String(request.headers["x-long"]).length + request.url!),
  );
  const [one, two] = [dialer.open(), dialer.open()];
  const texts = ["/one", "/two"].map((path) => head(`GET ${path}`, `X-Long: ${"x".repeat(40_000)}`));
  dialer.write((frames) => {
    for (let at = 0; at < 45_000; at += 5_000) {
      for (const [index, text] of texts.entries()) {
        const piece = text.slice(at, at + 5_000);
        if (piece === "") continue;
        frames.text(frameKind.request, index + 1, at + 5_000 >= text.length ? endFlag : 0, piece);
      }
    }
  });
  // Beyond what the service takes: its own server says so, as on a socket.
  assert.match(await one.whole(), /^HTTP\/1.1 431 /);
  assert.match(await two.whole(), /^HTTP\/1.1 431 /);
  assert.match(await dialer.get("/next").whole(), /next$/);
});

test("frames for a stream that is over, and kinds that are not known, are passed over", async (t) => {
  const { dialer } = await linked(t, url);
  await dialer.get("/1").whole();
  dialer.write((frames) => {
    frames.text(frameKind.body, 1, endFlag, "late");
    frames.credit(1, 1);
    frames.cancel(1, cancelCause.aborted);
    frames.text(frameKind.request, 1, endFlag, "late");
    frames.text(77, 0, 0, "of a newer version");
    frames.text(78, 1, 0, "of a newer version".repeat(900));
  });
  assert.match(await dialer.get("/2").whole(), /of \/2$/);
});

test("a ping is answered with what it brought; the load is told with an answer", async (t) => {
  const load = sharedLoadIn(newSharedLoad());
  const server = await listening(t, createServer(url));
  const dialer = await LinkDialer.dial(listenerFor(t, server, "requests", undefined, load).address);
  t.after(() => dialer.close());
  dialer.write((frames) => frames.text(frameKind.ping, 0, 0, "12345678"));
  await dialer.until(() => dialer.pongs.length > 0);
  assert.deepEqual(dialer.pongs, ["12345678"]);
  writeLoop(load, { delayP99Ms: 12.5, utilization: 0.25 });
  addInFlight(load, 1);
  await dialer.get("/").whole();
  await dialer.until(() => dialer.loads.length > 0);
  assert.deepEqual(
    dialer.loads.map((told) => told.slice(0, 3)),
    [[1, 12_500, 250]],
  );
});

test("with the load it is told how long requests were here before their answers began, on average", async (t) => {
  const waiting: ServerResponse[] = [];
  const { dialer } = await linked(t, (_request, response) => void waiting.push(response));
  const first = dialer.get("/1");
  await turnsUntil(() => waiting.length === 1);
  const begunAt = systemClock.now();
  await turnsUntil(() => systemClock.now() - begunAt > 50);
  waiting[0]?.end("one");
  await first.whole();
  await dialer.until(() => dialer.loads.length > 0);
  const insideMs = (dialer.loads[0]?.[3] ?? 0) / 1000;
  assert.ok(insideMs >= 50 && insideMs <= systemClock.now() - begunAt + 1_000, String(insideMs));
});

test("everything that one read brings is answered in one write, each answer a frame that ends its stream", async (t) => {
  // However busy this machine is.
  t.mock.method(systemClock, "now", () => 1);
  const { dialer } = await linked(t, url);
  await dialer.get("/warm").whole();
  let reads = 0;
  dialer.socket.prependListener("data", () => (reads += 1));
  const from = dialer.heard.length;
  let streams: DialedStream[] = [];
  dialer.together(() => (streams = Array.from({ length: 50 }, (_, n) => dialer.get(`/${n}`))));
  await Promise.all(streams.map(async (stream) => stream.whole()));
  await dialer.until(() => dialer.loads.length > 1);
  const answers = streams.map(({ id }) => `answer ${id}`);
  assert.deepEqual(dialer.heard.slice(from), [...answers, "load 0"]);
  assert.equal(reads, 1);
});

test("a request that may not be repeated begins when the kernel has its `entered`, not before; others at once", async (t) => {
  const link = new StuckLink(t);
  await link.greet();
  await link.take();
  link.log.length = 0;
  await link.say((frames) => {
    frames.text(frameKind.request, 1, endFlag, head("POST /"));
    frames.text(frameKind.request, 2, endFlag, head("PATCH /"));
    frames.text(frameKind.request, 3, endFlag, head("GET /"));
  });
  assert.deepEqual(link.log, ["GET begins", "entered 1", "entered 2", "answer 3"]);
  await link.say((frames) => frames.cancel(2, cancelCause.aborted));
  link.log.length = 0;
  await link.take();
  assert.equal(link.log[0], "taken");
  assert.deepEqual(
    link.log.filter((entry) => entry.endsWith("begins")),
    ["POST begins"],
  );
});

test("a request whose `entered` the kernel refuses never begins", async (t) => {
  for (const end of ["write fails", "connection lost"]) {
    const link = new StuckLink(t);
    await link.greet();
    await link.take();
    await link.say((frames) => frames.text(frameKind.request, 1, endFlag, head("POST /")));
    assert.equal(link.log.at(-1), "entered 1");
    if (end === "write fails") await link.take(new Error("EPIPE"));
    else link.link.destroy();
    await turns();
    assert.ok(!link.log.includes("POST begins"), end);
  }
});

test("a request that comes too late is given back, where it may not run twice and has a time; others begin", async (t) => {
  const link = new StuckLink(t);
  await link.greet();
  await link.take();
  link.log.length = 0;
  const now = link.clock.now();
  await link.say((frames) => {
    frames.beginBy(now - 1);
    frames.text(frameKind.request, 1, 0, head("POST /", "Content-Length: 3"));
    frames.text(frameKind.body, 1, endFlag, "abc");
    frames.text(frameKind.request, 2, endFlag, head("PUT /"));
    frames.beginBy(Infinity);
    frames.text(frameKind.request, 3, endFlag, head("POST /"));
    frames.beginBy(now);
    frames.text(frameKind.request, 4, endFlag, head("POST /"));
  });
  await link.take();
  const entered = link.log.filter((entry) => /entered|refused/.test(entry));
  assert.deepEqual(entered, ["refused 1", "entered 3", "entered 4"]);
  const begun = link.log.filter((entry) => entry.endsWith("begins"));
  assert.deepEqual(begun, ["PUT begins", "POST begins", "POST begins"]);
});

test("a pause between `entered` and the handler: too late is too late", async (t) => {
  const link = new StuckLink(t);
  await link.greet();
  await link.take();
  const now = link.clock.now();
  for (const [id, pauseMs, begins] of [
    [1, 40, true],
    [2, 60, false],
  ] as const) {
    await link.say((frames) => {
      frames.beginBy(now + 100 * id);
      frames.text(frameKind.request, id, endFlag, head("POST /"));
    });
    assert.equal(link.log.at(-1), `entered ${id}`);
    link.clock.advance(now + 100 * id + pauseMs - link.clock.now());
    link.log.length = 0;
    await link.take();
    assert.equal(link.log.includes("POST begins"), begins);
    assert.equal(link.log.includes(`refused ${id}`), !begins);
  }
});

test("`entered` is in the kernel before any of the handlers of one read begins, in one write", async (t) => {
  const log: string[] = [];
  const { dialer } = await linked(t, (request, response) => {
    log.push(`${request.method} ${request.url}`);
    response.end("x");
  });
  dialer.together(() => {
    dialer.post("/1", "a");
    dialer.get("/2");
    dialer.post("/3", "b");
    dialer.request(head("PUT /4"));
    dialer.request(head("PATCH /5"));
  });
  await Promise.all([...dialer.streams.values()].map(async (stream) => stream.whole()));
  assert.deepEqual(log, ["GET /2", "PUT /4", "POST /1", "POST /3", "PATCH /5"]);
  const heard = dialer.heard.filter((one) => /entered|answer/.test(one));
  assert.deepEqual(heard.slice(0, 5), ["entered 1", "answer 2", "entered 3", "answer 4", "entered 5"]);
  assert.deepEqual(heard.slice(5, 8), ["answer 1", "answer 3", "answer 5"]);
});

test("a cancel of a request that waits for its beginning, and of one that is being read: no handler begins", async (t) => {
  const seen: string[] = [];
  const { dialer } = await linked(t, (request, response) => {
    seen.push(request.url ?? "");
    response.end("x");
  });
  dialer.together(() => {
    dialer.post("/cancelled", "x").cancel(cancelCause.aborted);
    dialer.request("GET /half HTTP/1.1\r\n", false).cancel(cancelCause.aborted);
  });
  assert.match(await dialer.get("/next").whole(), /200 OK/);
  assert.deepEqual(seen, ["/next"]);
});

test("more streams than a link takes are refused, and may go elsewhere", async (t) => {
  const waiting: (() => void)[] = [];
  const { dialer } = await linked(t, (request, response) => {
    if (request.url === "/again") response.end("again");
    else waiting.push(() => response.end("x"));
  });
  const streams: DialedStream[] = [];
  dialer.together(() => {
    for (let n = 0; n < linkLimits.streamsMax + 2; n += 1) streams.push(dialer.get(`/${n}`));
  });
  await streams.at(-1)?.whole();
  assert.deepEqual(
    streams.filter((stream) => stream.refused).map(({ id }) => id),
    [linkLimits.streamsMax + 1, linkLimits.streamsMax + 2],
  );
  for (const answer of waiting) answer();
  await Promise.all(streams.map(async (stream) => stream.whole()));
  assert.match(await dialer.get("/again").whole(), /again$/);
});

test("drain: it is asked for no more, and answers what comes; refuse: what comes then goes elsewhere; close: at the end", async (t) => {
  const waiting: (() => void)[] = [];
  const server = await listening(
    t,
    createServer((_request, response) => waiting.push(() => response.end("x")) > 0),
  );
  const listener = listenerFor(t, server);
  const dialer = await LinkDialer.dial(listener.address);
  t.after(() => dialer.close());
  const before = dialer.get("/before");
  while (waiting.length < 1) await turns();
  listener.drain();
  await dialer.until(() => dialer.draining);
  const during = dialer.get("/during");
  while (waiting.length < 2) await turns();
  // Who comes now is told at once.
  const late = await LinkDialer.dial(listener.address);
  t.after(() => late.close());
  await late.until(() => late.draining);
  listener.refuse();
  const after = dialer.get("/after");
  await after.until(() => false);
  assert.equal(after.refused, true);
  listener.close();
  await late.until(() => false);
  assert.equal(dialer.closed, false);
  for (const answer of waiting) answer();
  assert.match(await before.whole(), /x$/);
  assert.match(await during.whole(), /x$/);
  await dialer.until(() => false);
  await assert.rejects(async () => LinkDialer.dial(listener.address), { code: "ECONNREFUSED" });
});

test("a proxy that goes away takes its requests with it, and no others", async (t) => {
  const log = new Log();
  const { dialer, another } = await linked(t, (request, response) => {
    log.add("begun", request.url);
    response.on("close", () => log.add("closed", request.url, response.writableFinished));
    if (request.url === "/other") void log.until("closed /2 false").then(() => response.end("x"));
  });
  const other = await another();
  const stays = other.get("/other");
  await log.until("begun /other");
  for (let n = 0; n < 3; n += 1) dialer.get(`/${n}`);
  await log.until("begun /2");
  dialer.socket.resetAndDestroy();
  for (let n = 0; n < 3; n += 1) await log.until(`closed /${n} false`);
  assert.match(await stays.whole(), /x$/);
});

test("virtual connections that are not needed are given up", async (t) => {
  const clock = testingClock();
  const server = await listening(
    t,
    createServer((_request, response) => void setImmediate(() => response.end("x"))),
  );
  const dialer = await LinkDialer.dial(listenerFor(t, server, "requests", clock).address);
  t.after(() => dialer.close());
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  let burst: DialedStream[] = [];
  dialer.together(() => (burst = Array.from({ length: 20 }, (_, n) => dialer.get(`/${n}`))));
  await Promise.all(burst.map(async (stream) => stream.whole()));
  assert.equal(await connections(), 20);
  clock.advance(listenerLimits.trimMs);
  await dialer.get("/one at a time").whole();
  assert.equal(await connections(), 20);
  clock.advance(listenerLimits.trimMs);
  assert.equal(await connections(), 1);
});

test("a body that does not come whole within requestTimeout: answered as on a socket", async (t) => {
  const clock = testingClock();
  const log = new Log();
  const server = createServer((request) => log.add("begun", request.url));
  server.requestTimeout = 2 * listenerLimits.trimMs;
  await listening(t, server);
  const dialer = await LinkDialer.dial(listenerFor(t, server, "requests", clock).address);
  t.after(() => dialer.close());
  const whole = dialer.get("/whole");
  const late = dialer.request(head("PUT /late", "Content-Length: 5"), false);
  late.body("1234");
  await log.until("begun /late");
  clock.advance(2 * listenerLimits.trimMs);
  clock.advance(2 * listenerLimits.trimMs);
  assert.match(await late.whole(), /^HTTP\/1.1 408 Request Timeout/);
  assert.equal(whole.over, false);
});

test("an answer that is whole before its request: the last of the body ends its stream, and no other", async (t) => {
  const { dialer } = await linked(t, (request, response) => {
    if (request.url === "/early") response.end("early");
    else void read(request).then((text) => response.end(`of ${text}`));
  });
  const early = dialer.request(head("POST /early", "Content-Length: 6"), false);
  const other = dialer.request(head("POST /other", "Content-Length: 4"), false);
  early.body("abc");
  await turnsUntil(() => early.ended);
  // The proxy has not heard of the answer yet.
  early.body("def", true);
  other.body("body", true);
  assert.match(await other.whole(), /of body$/);
  assert.equal(dialer.closed, false);
});

test("trailers, as many as a gateway passes on, in several frames", async (t) => {
  const { dialer } = await linked(t, (request, response) => {
    void read(request).then((text) => response.end(`of ${text} ${Object.keys(request.trailers).length}`));
  });
  const long = dialer.request(head("POST /long", "Transfer-Encoding: chunked"), false);
  long.body("some");
  long.trailers(`${"X: y\r\n".repeat(100)}X-Long: ${"z".repeat(16_300)}\r\n`);
  assert.match(await long.whole(), /of some 2$/);
  assert.equal(dialer.closed, false);
});

test("what is answered does not wait for long handlers of the same read", async (t) => {
  /** Writes of the worker's end, when each handler was done. */
  const written: number[] = [];
  const writes = t.mock.method(Socket.prototype, "write");
  const ofWorker = (): number => {
    const { port } = listener.address;
    return writes.mock.calls.filter((call) => (call.this as Socket).localPort === port).length;
  };
  const server = createServer((_, response) => {
    const busyUntil = performance.now() + 12;
    while (performance.now() < busyUntil);
    response.end("ok");
    written.push(ofWorker());
  });
  const listener = listenerFor(t, await listening(t, server));
  const dialer = await LinkDialer.dial(listener.address);
  t.after(() => dialer.close());
  const streams: DialedStream[] = [];
  dialer.together(() => {
    for (const path of ["/1", "/2", "/3"]) streams.push(dialer.request(head(`GET ${path}`)));
  });
  await Promise.all(streams.map((stream) => stream.whole()));
  const [first = 0, second = 0, third = 0] = written;
  assert.ok(second > first && third > second, written.join());
});
