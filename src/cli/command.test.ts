import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "./command.ts";
import type { WorkerView } from "../protocol/discovery.ts";
import type { RoutingTable, TableWorker } from "../protocol/routing-table.ts";
import { openTestingControl, type TestingAnswer } from "./testing-control.ts";

const directory = mkdtempSync(join(tmpdir(), "skein-cli-"));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  code: number;
  out: string;
  note: string;
}

/** Runs a command line here. Where it does not say which gateway is meant, there is none. */
async function skein(...args: string[]): Promise<Ran> {
  const ran: Ran = { code: -1, out: "", note: "" };
  ran.code = await runCommand(args, {
    columns: 80,
    out: (line) => (ran.out += `${line}\n`),
    note: (line) => (ran.note += `${line}\n`),
    paint: (_, text) => text,
  });
  return ran;
}

before(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("SKEIN_")) delete process.env[name];
  process.env["SKEIN_STATE"] = directory;
});

const orders: WorkerView = {
  id: "orders-1",
  service: "orders",
  address: "127.0.0.1:8081",
  requestsAt: "127.0.0.1:50001",
  state: "suspect",
  cause: "stalled",
  generation: 1,
  origin: "session",
  session: true,
  weight: 1,
  desired: "serve",
  ttlMs: 3000,
  heardMsAgo: 5,
  stateForMs: 61_000,
  tags: [],
  metadata: {},
  version: "1.2\u001B[31m",
  load: { inFlight: 3 },
};

function tableWorker(id: string, state: TableWorker["state"]): TableWorker {
  return {
    service: "orders",
    id,
    address: `127.0.0.1:${id}`,
    generation: 1,
    state,
    weight: 1,
    liveForMs: 0,
    session: false,
  };
}

const routingTable: Pick<RoutingTable, "routes" | "services" | "workers"> = {
  services: {},
  routes: ["/orders", "/"].map((path) => ({
    name: path,
    match: { hosts: [], path: { kind: "prefix", path }, methods: [], headers: [], query: [] },
    to: [{ service: path === "/" ? "web" : "orders", weight: 1 }],
    headTimeoutMs: 1000,
    upgrades: [],
    allowEncodedSlash: false,
    retry: true,
  })),
  workers: [
    tableWorker("1", { kind: "live" }),
    tableWorker("2", { kind: "suspect", cause: "refused", strength: "hard" }),
  ],
};

const answers: Record<string, TestingAnswer> = {
  "GET /v1/workers": { json: { v: 1, workers: [orders] } },
  "GET /v1/workers?service=orders": { json: { v: 1, workers: [] } },
  "GET /v1/services": { json: { v: 1, services: [] } },
  "GET /v1/routes": { json: { v: 1, revision: 1, routes: [] } },
  "GET /v1/events?limit=1000": { json: { v: 1, events: [] } },
  "GET /v1/routing-table": { json: routingTable },
  "GET /v1/store": {
    json: { v: 1, place: "etcd at h:2379, prefix skein", condition: "held", what: "it was set back" },
  },
  "POST /v1/store/republish": {
    json: { v: 1, place: "etcd at h:2379, prefix skein", condition: "sound", what: null },
  },
  "GET /v1/controllers": { json: { v: 1, term: 3, leader: null, controllers: [] } },
  "POST /v1/workers/orders-1/drain?service=orders": { json: { v: 1, worker: orders } },
  "POST /v1/workers/orders-1/weight": {
    status: 401,
    json: { code: "unauthorized", title: "t", detail: "no token" },
  },
};

test("the verbs that speak to the control API", async (t) => {
  const control = await openTestingControl((line) => answers[line]);
  t.after(() => control.close());
  const at = ["--control", control.address];

  await t.test("ps: data on stdout, within 80 columns, without the worker's escapes", async () => {
    const ran = await skein("ps", ...at);
    assert.deepEqual([ran.code, ran.note], [0, ""]);
    assert.deepEqual(ran.out.split("\n"), [
      "SERVICE  ID        ADDRESS      STATE             FOR  WEIGHT  BUSY  VERSION",
      String.raw`orders   orders-1  127.0…:8081  suspect: stalled  61s       1     3  1.2\x1b[31m`,
      "",
    ]);
  });
  await t.test("ps --json: the reply as it is", async () => {
    const ran = await skein("ps", "--json", ...at);
    assert.deepEqual(JSON.parse(ran.out), { v: 1, workers: [orders] });
  });
  await t.test("ps without workers: a note, and nothing on stdout", async () => {
    const ran = await skein("ps", "--service", "orders", ...at);
    assert.deepEqual([ran.code, ran.out], [0, ""]);
    assert.match(ran.note, /no workers/);
  });
  await t.test("describe: where requests go that do not go to the address", async () => {
    const lines = (await skein("describe", "orders-1", ...at)).out.split("\n");
    const found = lines.filter((line) => /^(address|requests at) /.test(line));
    assert.deepEqual(
      found.map((line) => line.replace(/ {2,}/, ": ")),
      ["address: 127.0.0.1:8081", "requests at: 127.0.0.1:50001, the port of its link"],
    );
  });
  await t.test("leader: exit code 1 while nobody leads", async () => {
    assert.equal((await skein("leader", ...at)).code, 1);
  });
  await t.test("store: exit code 1 and what to do while it is held; an operator's word", async () => {
    const held = await skein("store", "status", ...at);
    assert.deepEqual([held.code, held.out], [1, "etcd at h:2379, prefix skein: held\n"]);
    assert.match(held.note, /^it was set back\n.*\n {2}skein store adopt .*\n {2}skein store republish/);
    const decided = await skein("store", "republish", "--token", "secret", ...at);
    assert.deepEqual([decided.code, decided.out], [0, "etcd at h:2379, prefix skein: sound\n"]);
    assert.equal(control.asked.at(-1)?.authorization, "Bearer secret");
  });
  await t.test("route test: the route, its workers, and why not the others", async () => {
    const ran = await skein("route", "test", "GET", "/orders/7", ...at);
    assert.equal(ran.code, 0, ran.note);
    assert.equal(
      ran.out,
      `GET localhost/orders/7
  yes    /orders -> orders
  later  /
  may    orders/1 at 127.0.0.1:1: live
  not    orders/2 at 127.0.0.1:2: suspect: refused (hard)
`,
    );
    for (const [url, asked] of [
      ["http://localhost:80/orders/7", "localhost/orders/7"],
      ["HTTP://user:password@localhost/orders/7?x#y", "localhost/orders/7?x"],
      ["https://b\u00fccher.example/orders/7", "xn--bcher-kva.example/orders/7"],
      ["http://localhost?x", "localhost/?x"],
    ] as const) {
      assert.equal((await skein("route", "test", url, ...at)).out.split("\n")[0], `GET ${asked}`);
    }
    const nobody = await skein("route", "test", "/x", ...at);
    assert.deepEqual([nobody.code, /503 no-live-worker/.test(nobody.note)], [1, true]);
  });
  await t.test("drain sends the token as a bearer", async () => {
    const ran = await skein("drain", "orders-1", "--service", "orders", "--token", "secret", ...at);
    assert.deepEqual([ran.code, ran.out, ran.note], [0, "", "orders/orders-1 gets no new requests\n"]);
    assert.equal(control.asked.at(-1)?.authorization, "Bearer secret");
  });
  await t.test("a refusal: its detail and what to do, exit code 1", async () => {
    const ran = await skein("weight", "orders-1", "0.5", ...at);
    assert.equal(ran.code, 1);
    assert.match(ran.note, /^skein: no token\nGive it with --token.*none was found/);
    assert.equal(control.asked.at(-1)?.body, '{"weight":0.5}');
  });
});

test("a write waits for a leader, and is repeated", async (t) => {
  let asked = 0;
  const control = await openTestingControl(() => {
    asked += 1;
    if (asked < 3)
      return { status: 503, json: { code: "no-leader", title: "There is no leader at this moment" } };
    return { json: { v: 1, worker: orders } };
  });
  t.after(() => control.close());
  assert.equal((await skein("undrain", "orders-1", "--control", control.address)).code, 0);
  assert.equal(asked, 3);
});

test("events: a page, and --follow over the end of a stream", async (t) => {
  const event = (id: number): object => ({
    id,
    at: "2026-01-02T03:04:05Z",
    term: 1,
    kind: "worker-live",
    message: `m${id}`,
  });
  let streams = 0;
  const control = await openTestingControl((line) => {
    if (line.startsWith("GET /v1/events?limit=")) return { json: { v: 1, events: [event(1)] } };
    if (!line.startsWith("GET /v1/events?after=")) return undefined;
    streams += 1;
    const id = streams + 1;
    return (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`id: ${id}\ndata: ${JSON.stringify(event(id))}\n\n`);
    };
  });
  t.after(() => control.close());
  const page = await skein("events", "--control", control.address);
  assert.equal(page.out, "1 2026-01-02 03:04:05Z  worker-live  m1\n");
  const child = spawn(
    process.execPath,
    [
      "--conditions=skein-source",
      join(import.meta.dirname, "main.ts"),
      "events",
      "-f",
      "--json",
      "--control",
      control.address,
    ],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  for await (const piece of child.stdout) {
    out += String(piece);
    if (out.split("\n").length > 3) break;
  }
  const ids = out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: number }).id);
  assert.deepEqual(ids.slice(0, 3), [1, 2, 3]);
  const lines = control.asked.map(({ line }) => line).filter((line) => line.includes("after"));
  assert.deepEqual(lines.slice(0, 2), ["GET /v1/events?after=1", "GET /v1/events?after=2"]);
});

test("what is wrong with the command line: exit code 2", async () => {
  for (const args of [
    ["frob"],
    ["ps", "--frob"],
    ["run"],
    ["route", "test", "x"],
    ["weight", "a", "b"],
    ["events", "-n", "x"],
    ["events", "-n", "1001"],
    ["requests", "-n", "201"],
    ["run", "--service", "orders", "--port", "65536", "--", "x"],
  ]) {
    const ran = await skein(...args);
    assert.deepEqual([ran.code, ran.out], [2, ""], args.join(" "));
    assert.notEqual(ran.note, "");
  }
});

test("a number beyond what can be had is told with its flag and its bound", async () => {
  const told = async (...args: string[]): Promise<string> => (await skein(...args)).note;
  assert.equal(
    await told("events", "-n", "1001"),
    'skein: --lines: "1001" is not a whole number from 0 to 1000\n',
  );
  assert.equal(
    await told("requests", "-n", "201"),
    'skein: --lines: "201" is not a whole number from 0 to 200\n',
  );
});

test("no gateway: exit code 1, and what to do", async () => {
  for (const args of [["ps", "--control", "127.0.0.1:9"], ["reload"], ["stop"]]) {
    const ran = await skein(...args);
    assert.equal(ran.code, 1, args.join(" "));
    assert.match(ran.note, /skein up/, args.join(" "));
  }
});

test("what the system refuses is told in one line, with the file and what to do", async () => {
  const address = ["--interface", "eth0", "--virtual-ip", "10.0.0.100/24"];
  const ran = await skein("keepalived-config", ...address, "--out", "/dev/null/x");
  assert.deepEqual(ran, {
    code: 1,
    out: "",
    note: "skein: /dev/null/x: a part of the path is a file, no directory. Name another place\n",
  });
});

test("config check and print, schema", async () => {
  const file = join(directory, "web.json");
  writeFileSync(file, '{ "listen": ":8000", "routes": { "/": "web" } }');
  const checked = await skein("config", "check", file);
  assert.deepEqual([checked.code, checked.out], [0, ""]);
  assert.match(checked.note, /^valid: .*web\.json \(1 service, 1 route\)/);
  const printed = await skein("config", "print", file, "--proxies", "3");
  assert.match(printed.out, /^listen +\["0\.0\.0\.0:8000"\] +web\.json:1:3$/m);
  assert.match(printed.out, /^proxies +3 +--proxies$/m);
  assert.match(printed.out, /^controllers +2 +default$/m);
  assert.ok(printed.out.split("\n").every((line) => line.length <= 80));
  writeFileSync(file, '{\n  "lisen": ":8000"\n}');
  const refused = await skein("config", "check", file);
  assert.equal(refused.code, 2);
  assert.match(refused.note, /web\.json:2:3: lisen: the key "lisen" is unknown; did you mean "listen"\?/);
  assert.equal((await skein("up", "--config", file)).code, 2);
  const schema = JSON.parse((await skein("schema")).out) as { title: string };
  assert.equal(schema.title, "skein configuration");
});

test("--version and --help are no errors", async () => {
  assert.match((await skein("--version")).out, /^\d+\.\d+\.\d+\n$/);
  const help = await skein("help", "ps");
  assert.deepEqual([help.code, help.note], [0, ""]);
  assert.match(help.out, /^Usage: skein ps/);
});

test("the door of a checkout runs the sources, and passes the exit code on", async () => {
  const door = join(import.meta.dirname, "../../bin/skein.js");
  const child = spawn(process.execPath, [door, "frob"], { stdio: "ignore" });
  assert.deepEqual(await once(child, "exit"), [2, null]);
});
