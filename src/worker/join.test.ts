import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import { SkeinError } from "../protocol/error.ts";
import { isJoined, join } from "./join.ts";
import type { JoinOptions } from "./options.ts";
import { TestingController } from "./testing-controller.ts";

const quietly: JoinOptions = { drainOnSigterm: false, waitMs: 10_000 };

type Warned = Error & { code?: string };

/** The warnings of this process from now on. */
function warningsOf(t: TestContext): Warned[] {
  const warned: Warned[] = [];
  const listen = (warning: Error): void => void warned.push(warning);
  process.on("warning", listen);
  t.after(() => process.removeListener("warning", listen));
  return warned;
}

async function controllerFor(t: TestContext, port = 0, others?: string[]): Promise<TestingController> {
  const controller = await TestingController.start(port, others);
  t.after(async () => controller.close());
  return controller;
}

async function serverFor(t: TestContext, host = "127.0.0.1"): Promise<Server> {
  const server = createServer((_request, response) => response.end("hello"));
  server.listen(0, host);
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A listening port where nobody answers any more. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}`;
  server.close();
  await once(server, "close");
  return url;
}

test("joins, says who it is, beats with its load, leaves", async (t) => {
  const controller = await controllerFor(t);
  const server = await serverFor(t);
  const worker = await join(server, "orders", {
    ...quietly,
    control: controller.url,
    version: "1.2.0",
    weight: 2,
    zone: "a",
    tags: ["x"],
    metadata: { team: "blue" },
    maxInFlight: 50,
  });
  t.after(async () => worker.leave());
  assert.equal(worker.state, "joined");
  const hello = await controller.hear("hello");
  assert.match(worker.id, new RegExp(`-${portOf(server)}$`));
  assert.match(hello.instance, /^[0-9a-f]{16}$/);
  assert.deepEqual(hello, {
    t: "hello",
    v: 1,
    service: "orders",
    id: worker.id,
    instance: hello.instance,
    address: `127.0.0.1:${portOf(server)}`,
    weight: 2,
    version: "1.2.0",
    zone: "a",
    tags: ["x"],
    metadata: { team: "blue" },
    maxInFlight: 50,
    keepAliveMs: server.keepAliveTimeout,
    link: { port: hello.link?.port, key: hello.link?.key, sealed: true },
  });
  assert.match(hello.link?.key ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(hello.link?.port, portOf(server));
  const { load } = await controller.hear("beat");
  assert.equal(load.inFlight, 0);
  assert.ok((load.memoryBytes ?? 0) > 1e6);
  await worker.leave();
  await controller.until(() => controller.open.length === 0);
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
  assert.equal(worker.state, "left");
  assert.equal(server.listening, true);
  assert.equal(isJoined(server), false);
});

test("a server bound to every address leaves the host to the controller; one bound to ::1 says so", async (t) => {
  const controller = await controllerFor(t);
  const everywhere = await serverFor(t, "0.0.0.0");
  const six = await serverFor(t, "::1");
  const workers = await Promise.all([
    join(everywhere, "everywhere", { ...quietly, control: controller.url }),
    join(six, "six", { ...quietly, control: controller.url }),
  ]);
  t.after(async () => Promise.all(workers.map(async (worker) => worker.leave())));
  const address = async (service: string): Promise<string> =>
    (await controller.hear("hello", (hello) => hello.service === service)).address;
  assert.equal(await address("everywhere"), `:${portOf(everywhere)}`);
  assert.equal(await address("six"), `[::1]:${portOf(six)}`);
});

test("requests in flight are counted, also those whose client goes away", async (t) => {
  const controller = await controllerFor(t);
  const server = createServer(() => undefined);
  server.listen(0, "127.0.0.1");
  const worker = await join(server, "slow", { ...quietly, control: controller.url });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await worker.leave();
  });
  const clients = [1, 2, 3].map(() =>
    get({ port: portOf(server), host: "127.0.0.1" }).on("error", () => undefined),
  );
  await controller.hear("beat", (beat) => beat.load.inFlight === 3);
  const from = controller.heard.length;
  clients[0]?.destroy();
  await controller.until(() =>
    controller.heard.slice(from).some(({ frame }) => frame.t === "beat" && frame.load.inFlight === 2),
  );
});

test("joining twice gives the same worker; another service of the same server is another worker", async (t) => {
  const controller = await controllerFor(t);
  const server = await serverFor(t);
  const options = { ...quietly, control: controller.url };
  const [first, again, other] = await Promise.all([
    join(server, "orders", options),
    join(server, "orders", options),
    join(server, "billing", options),
  ]);
  t.after(async () => Promise.all([first.leave(), other.leave()]));
  assert.equal(first, again);
  assert.notEqual(first, other);
  assert.equal(controller.lives.length, 2);
});

test("`join` may come before `listen`", async (t) => {
  const controller = await controllerFor(t);
  const server = createServer((_request, response) => response.end());
  const worker = await join(server, "early", { ...quietly, control: controller.url });
  t.after(async () => worker.leave());
  assert.equal(worker.state, "joining");
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await controller.hear("hello", (hello) => hello.address === `127.0.0.1:${portOf(server)}`);
});

test("a server that does not listen: says once that it waits, and joins when it listens", async (t) => {
  const controller = await controllerFor(t);
  const warned: (Error & { code?: string })[] = [];
  const hear = (warning: Error): void => void warned.push(warning);
  process.on("warning", hear);
  t.after(() => process.removeListener("warning", hear));
  const listens = await serverFor(t);
  const other = await join(listens, "prompt", { ...quietly, control: controller.url });
  t.after(async () => other.leave());
  const given = await join(createServer(), "given-up", { ...quietly, control: controller.url });
  await given.leave();
  const server = createServer((_request, response) => response.end());
  const worker = await join(server, "mute", { ...quietly, control: controller.url });
  t.after(async () => worker.leave());
  // The others joined before it, and would have been told before it.
  while (warned.length === 0) await once(process, "warning");
  assert.deepEqual(
    warned.map(({ code }) => code),
    ["skein-not-listening"],
  );
  assert.match(
    warned[0]?.message ?? "",
    /^mute waits: its server does not listen .* gets no requests before it does\..* app\.listen\(\) returns$/,
  );
  assert.equal(worker.state, "joining");
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(worker, "state");
  assert.equal(worker.state, "joined");
});

test("a controller that is there and not trusted is told as that, with what to do", async (t) => {
  const month = { now: Date.now(), days: 30 };
  const tls = issueCertificate(makeAuthority("nobody's", month), ["127.0.0.1"], month);
  const controller = await TestingController.start(0, undefined, tls);
  t.after(async () => controller.close());
  const server = await serverFor(t);
  const warned = warningsOf(t);
  const worker = await join(server, "wary", { ...quietly, control: controller.url, waitMs: 1 });
  t.after(async () => worker.leave());
  await once(worker, "state");
  await new Promise(setImmediate);
  assert.equal(warned[0]?.code, "skein-no-controller");
  assert.match(
    warned[0].message,
    /^https:\S+ answers, but its certificate is not trusted \([A-Z_]+\): name the cluster's ca\.pem by SKEIN_CA\. wary serves on/,
  );
});

test("starts without its gateway: warns by code once, joins when there is one, and says so", async (t) => {
  const server = await serverFor(t);
  const url = await deadUrl();
  const warned = warningsOf(t);
  const worker = await join(server, "lonely", { ...quietly, control: url, waitMs: 1 });
  t.after(async () => worker.leave());
  assert.equal(worker.state, "joining");
  await once(worker, "state");
  assert.equal(worker.state, "unreachable");
  await new Promise(setImmediate);
  assert.equal(warned[0]?.code, "skein-no-controller");
  assert.match(warned[0].message, /no controller answers at .* \(.*ECONNREFUSED\); lonely serves on/);
  const controller = await controllerFor(t, Number(new URL(url).port));
  await controller.hear("hello");
  await once(worker, "state");
  assert.equal(worker.state, "joined");
  await new Promise(setImmediate);
  assert.deepEqual(
    warned.map(({ code }) => code),
    ["skein-no-controller", "skein-joined"],
  );
  assert.match(warned[1]?.message ?? "", /lonely\/\S+ has joined/);
});

test("refused for now: warns that it is, and not that no gateway runs", async (t) => {
  const controller = await controllerFor(t);
  const detail = "web.internal leads to 10.0.0.5";
  controller.refusal = { t: "refused", code: "name-elsewhere", detail, final: false, retryAfterMs: 1_000 };
  const server = await serverFor(t);
  const warned = warningsOf(t);
  const worker = await join(server, "web", { ...quietly, control: controller.url, waitMs: 1 });
  t.after(async () => worker.leave());
  await once(worker, "state");
  await new Promise(setImmediate);
  assert.equal(worker.state, "unreachable");
  assert.deepEqual(
    warned.map(({ code, message }) => [code, message]),
    [
      [
        "skein-no-controller",
        `${controller.url} refuses web/${worker.id} for now (name-elsewhere: ${detail}). web serves on and asks again`,
      ],
    ],
  );
});

const forbidden = {
  t: "refused",
  code: "address-forbidden",
  detail: "10.9.9.9 is not yours",
  final: true,
  retryAfterMs: 0,
} as const;

test("refused for good: `join` rejects with the controller's code", async (t) => {
  const controller = await controllerFor(t);
  controller.refusal = forbidden;
  const server = await serverFor(t);
  await assert.rejects(
    join(server, "orders", { ...quietly, control: controller.url }),
    (error) =>
      error instanceof SkeinError && error.code === "address-forbidden" && /10\.9\.9\.9/.test(error.detail),
  );
  assert.equal(isJoined(server), false);
});

test("refused for good by a gateway that came after `join` had returned: that is told", async (t) => {
  const server = await serverFor(t);
  const url = await deadUrl();
  const warned = warningsOf(t);
  const worker = await join(server, "late", { ...quietly, control: url, waitMs: 1 });
  t.after(async () => worker.leave());
  const controller = await controllerFor(t, Number(new URL(url).port));
  controller.refusal = forbidden;
  while (worker.state !== "refused") await once(worker, "state");
  while (!warned.some(({ code }) => code === "skein-refused")) await once(process, "warning");
  assert.match(
    warned.at(-1)?.message ?? "",
    /^late\/.* is refused \(address-forbidden\): 10\.9\.9\.9 is not yours$/,
  );
});

test("what is no http.Server is refused, and not touched", async () => {
  const app = Object.assign(() => undefined, { listen: () => undefined, close: () => undefined });
  const { close } = app;
  for (const given of [undefined, app]) {
    await assert.rejects(join(given as never, "orders"), { code: "invalid", message: /http\.Server/ });
  }
  assert.equal(app.close, close);
});

test("wrong options are told by name", async (t) => {
  const server = await serverFor(t);
  const wrong: [JoinOptions, RegExp][] = [
    [{ ttlMs: 5 }, /ttlMs must be a number from 500/],
    [{ weight: Number.NaN }, /weight/],
    [{ port: 70_000 }, /port/],
    [{ control: "ftp://x" }, /control: "ftp:\/\/x"/],
    [{ waitMs: "3" as never }, /waitMs/],
    [{ controll: "127.0.0.1:7601" } as JoinOptions, /"controll" is unknown; did you mean "control"/],
  ];
  for (const [options, message] of wrong) await assert.rejects(join(server, "x", options), message);
  await assert.rejects(join(server, ""), /service must be a name/);
  assert.equal(isJoined(server), false);
});

test("a server on a unix socket is no worker", async (t) => {
  const server = createServer();
  server.listen(`\0skein-test-${process.pid}`);
  await once(server, "listening");
  t.after(() => server.close());
  await assert.rejects(join(server, "x", quietly), /needs a TCP port/);
});

test("server.close(): first drained in the cluster, then closed, then left", async (t) => {
  const controller = await controllerFor(t);
  const server = await serverFor(t);
  const listening: boolean[] = [];
  controller.beforeDraining = async () => void listening.push(server.listening);
  await join(server, "orders", { ...quietly, control: controller.url });
  assert.equal(server.close(), server);
  await once(server, "close");
  await controller.until(() => controller.open.length === 0);
  assert.ok(listening.length > 0 && !listening.includes(false));
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("during a drain new requests are answered, each the last of its connection", async (t) => {
  const controller = await controllerFor(t);
  const server = await serverFor(t);
  let free: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (free = resolve));
  const first = createServer();
  t.after(() => first.close());
  server.removeAllListeners("request");
  server.on("request", (incoming, response) => {
    if (incoming.url === "/held") void held.then(() => response.end("held"));
    else response.end("quick");
  });
  const worker = await join(server, "orders", { ...quietly, control: controller.url });
  const ask = async (path: string) =>
    new Promise<{ connection: string | undefined; body: string }>((resolve, reject) => {
      request(
        { port: portOf(server), host: "127.0.0.1", path, headers: { connection: "keep-alive" } },
        (answer) => {
          let body = "";
          answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
          answer.on("end", () => resolve({ connection: answer.headers.connection, body }));
        },
      )
        .on("error", reject)
        .end();
    });
  assert.equal((await ask("/before")).connection, "keep-alive");
  const slow = ask("/held");
  await controller.hear("beat", (beat) => beat.load.inFlight === 1);
  const left = worker.leave();
  await controller.hear("drain");
  // `draining` was answered when an answer closes its connection; until then proxies may still use it.
  let answer = await ask("/late");
  while (answer.connection !== "close") answer = await ask("/late");
  assert.equal(answer.body, "quick");
  assert.ok(!controller.kinds.includes("leave"));
  free?.();
  assert.equal((await slow).body, "held");
  await left;
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("all controllers lost and back with empty memory: rejoins with its generation", async (t) => {
  const [one, two] = [await controllerFor(t), await controllerFor(t)];
  one.controllers = two.controllers = [one.url, two.url];
  one.generation = 5;
  const server = await serverFor(t);
  const worker = await join(server, "orders", { ...quietly, control: one.url });
  t.after(async () => worker.leave());
  assert.equal((await two.hear("hello")).generation, 5);
  const [ports, urls] = [
    [one.port, two.port],
    [one.url, two.url],
  ];
  await Promise.all([one.close(), two.close()]);
  const back = await Promise.all(ports.map(async (port) => controllerFor(t, port, urls)));
  const hellos = await Promise.all(back.map(async (controller) => controller.hear("hello")));
  assert.deepEqual(
    hellos.map((hello) => hello.generation),
    [5, 5],
  );
  assert.equal(worker.state, "joined");
});
