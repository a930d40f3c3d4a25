import assert from "node:assert/strict";
import type { Server } from "node:http";
import { test, type TestContext } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { join, type JoinedWorker } from "../../src/worker/index.ts";
import { type Gate, startOf } from "./frameworks/frameworks.ts";
import { eventually, TestGateway } from "./harness.ts";

const frameworks = ["express", "fastify", "hono", "koa", "nest"];
/** HTTP/1.1 is what the others are compared with. */
const links = [false, "requests", "sockets"] as const;
const serviceOf = (framework: string, link: (typeof links)[number]): string =>
  `${framework}-${link || "http"}`;

const services = frameworks.flatMap((framework) => links.map((link) => serviceOf(framework, link)));

class TestGate implements Gate {
  #open: (() => void)[] = [];

  async opened(): Promise<void> {
    await new Promise<void>((resolve) => this.#open.push(resolve));
  }

  async open(): Promise<void> {
    while (this.#open.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const open of this.#open.splice(0)) open();
  }
}

interface Got {
  status: number;
  type: string | null;
  body: string;
}

async function gotten(answer: Response): Promise<Got> {
  return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.text() };
}

function form(bytes: number): FormData {
  const data = new FormData();
  data.set("title", "caf\u00e9");
  data.set("file", new Blob([Buffer.alloc(bytes, "y")]), "y.bin");
  return data;
}

/** The first event is here before the last is made. */
async function events(url: string, gate: TestGate): Promise<string[]> {
  const answer = await fetch(`${url}/events`);
  const texts: string[] = [];
  const decoder = new TextDecoder();
  assert.ok(answer.body !== null);
  for await (const bytes of answer.body) {
    const text = decoder.decode(bytes);
    texts.push(...text.split("\n").filter((line) => line.startsWith("data:")));
    if (texts.length === 1) void gate.open();
  }
  return texts;
}

async function echoed(url: string): Promise<string[]> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send("hello"));
    socket.on("message", (data: Buffer) => {
      heard.push(data.toString());
      if (heard.length < 3) socket.send("x".repeat(heard.length * 100_000));
      else socket.close(1000, "done");
    });
    socket.on("close", (code) => {
      heard.push(String(code));
      resolve();
    });
  });
  return heard.map((text) => (text.length > 20 ? String(text.length) : text));
}

async function everything(url: string, gate: TestGate): Promise<Record<string, unknown>> {
  const json = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":[1,"\u00e9"]}',
  };
  const large = await gotten(await fetch(`${url}/large`));
  const fails = await gotten(await fetch(`${url}/fails`));
  return {
    hello: await gotten(await fetch(`${url}/hello?name=tea`)),
    head: await gotten(await fetch(`${url}/hello?name=tea`, { method: "HEAD" })),
    missing: (await gotten(await fetch(`${url}/missing`))).status,
    echo: await gotten(await fetch(`${url}/echo`, json)),
    broken: (await gotten(await fetch(`${url}/echo`, { ...json, body: "{" }))).status,
    upload: await gotten(await fetch(`${url}/upload`, { method: "POST", body: form(3_000_000) })),
    events: await events(url, gate),
    large: { ...large, body: large.body.length },
    fails: { status: fails.status, purpose: fails.body.includes("on purpose") },
    socket: await echoed(url),
  };
}

/** Joins one server three times, under a name for each kind of link. */
async function joinAll(t: TestContext, framework: string, server: Server, control: string): Promise<void> {
  const workers: JoinedWorker[] = [];
  for (const link of links) {
    workers.push(await join(server, serviceOf(framework, link), { control, link, drainOnSigterm: false }));
  }
  t.after(async () => {
    await Promise.all(workers.map(async (worker) => worker.leave()));
    server.closeAllConnections();
    server.close();
  });
}

async function requestsOverLinks(gateway: TestGateway): Promise<number> {
  const text = await (await fetch(`${gateway.controlUrl}/metrics`)).text();
  return Number(/^skein_link_requests_total(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1] ?? 0);
}

test("services of every framework answer the same over HTTP/1.1 and over a link, however it is fed", async (t) => {
  const routes = Object.fromEntries(
    services.map((service) => [`/${service}/*`, { to: service, strip: true }]),
  );
  const gateway = await TestGateway.start(t, { configuration: { routes, proxies: 1, controllers: 1 } });
  for (const framework of frameworks) {
    await t.test(framework, async (t) => {
      const gate = new TestGate();
      const server = await (await startOf(framework))(gate);
      const sockets = new WebSocketServer({ noServer: true });
      server.on("upgrade", (request, socket, head) => {
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.on("message", (data: Buffer) => webSocket.send(data.toString()));
        });
      });
      await joinAll(t, framework, server, gateway.controlUrl);
      const results = new Map<unknown, Record<string, unknown>>();
      for (const link of links) {
        const url = `${gateway.url}/${serviceOf(framework, link)}`;
        const before = await requestsOverLinks(gateway);
        await eventually(
          async () => {
            const { status } = await fetch(`${url}/hello?name=first`);
            const linked = link === false || (await requestsOverLinks(gateway)) > before;
            return status === 200 && linked ? true : undefined;
          },
          () => `an answer of ${serviceOf(framework, link)} over its way`,
        );
        results.set(link, await everything(url, gate));
      }
      const expected = results.get(false);
      assert.deepEqual(results.get("requests"), expected);
      assert.deepEqual(results.get("sockets"), expected);
      check(expected);
    });
  }
});

function check(result: Record<string, unknown> | undefined): void {
  assert.ok(result !== undefined);
  const { hello, echo, upload, large, fails, socket } = result as Record<string, Got>;
  assert.match(hello?.body ?? "", /"hello":"tea"/);
  assert.deepEqual([echo?.status, echo?.body], [201, '{"echo":{"a":[1,"\u00e9"]}}']);
  assert.deepEqual(JSON.parse(upload?.body ?? ""), { title: "caf\u00e9", file: "y.bin", bytes: 3_000_000 });
  assert.deepEqual([large?.status, large?.body], [200, 2_000_000]);
  assert.equal(fails?.status, 500);
  assert.deepEqual(result["events"], ["data: 1", "data: 2"]);
  assert.deepEqual(socket, ["hello", "100000", "200000", "1000"]);
}
