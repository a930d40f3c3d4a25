import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { request } from "node:http";
import type { LiveDelta, LiveSnapshot } from "../protocol/live.ts";
import { systemClock } from "../runtime/clock.ts";
import { ControlServer } from "./server.ts";
import { TestPorts, testToken, workerView } from "./testing-ports.ts";

async function setUp(t: TestContext): Promise<{ ports: TestPorts; url: string; dashboard: string }> {
  const directory = mkdtempSync(join(tmpdir(), "skein-live-"));
  const dashboard = join(directory, "dashboard");
  const ports = new TestPorts();
  const server = new ControlServer({
    ports,
    clock: systemClock,
    acceptPeer: () => {},
    peerFrameBytesMax: 1024,
    dashboard,
  });
  t.after(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  return { ports, url: `http://${address}`, dashboard };
}

/** Reads one stream word by word. */
async function* words(t: TestContext, url: string, headers = {}): AsyncGenerator<[string, unknown]> {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await fetch(url, { headers, signal: abort.signal });
  assert.equal(response.status, 200);
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end));
      text = text.slice(end + 2);
      if (found !== null) yield [found[1] ?? "", JSON.parse(found[2] ?? "")];
    }
  }
}

async function next(stream: AsyncGenerator<[string, unknown]>): Promise<[string, unknown]> {
  const { value } = await stream.next();
  assert.ok(value !== undefined);
  return value as [string, unknown];
}

test("the live stream: a snapshot, what happened, then what changes", async (t) => {
  const { ports, url } = await setUp(t);
  ports.workersThere = [workerView("orders", "a")];
  ports.happen("worker-joined");
  const stream = words(t, `${url}/v1/live`);
  const [word, snapshot] = await next(stream);
  assert.equal(word, "snapshot");
  assert.deepEqual(
    (snapshot as LiveSnapshot).workers.map(({ id }) => id),
    ["a"],
  );
  assert.equal((snapshot as LiveSnapshot).operator, false);
  assert.equal((snapshot as LiveSnapshot).at, ports.wallTime, "by the host's clock");
  assert.equal("heardMsAgo" in ((snapshot as LiveSnapshot).workers[0] ?? {}), false);
  assert.equal((await next(stream))[0], "happened");
  ports.workersThere = [{ ...workerView("orders", "a"), state: "dead" }];
  const [change, delta] = await next(stream);
  assert.equal(change, "delta");
  assert.equal((delta as LiveDelta).workers?.[0]?.state, "dead");
});

test("a snapshot larger than what may pile up comes through", async (t) => {
  const { ports, url } = await setUp(t);
  const metadata = { note: "n".repeat(4_000) };
  ports.workersThere = Array.from({ length: 2_300 }, (_, at) => ({
    ...workerView("orders", `w${at}`),
    metadata,
  }));
  const stream = words(t, `${url}/v1/live`);
  const [word, snapshot] = await next(stream);
  assert.equal(word, "snapshot");
  assert.equal((snapshot as LiveSnapshot).workers.length, 2_300);
});

test("a reader with the token may change what runs; one that comes again is told only later events", async (t) => {
  const { ports, url } = await setUp(t);
  ports.happen("worker-joined");
  ports.happen("worker-live");
  const stream = words(t, `${url}/v1/live?after=1`, { authorization: `Bearer ${testToken}` });
  const [, snapshot] = await next(stream);
  assert.equal((snapshot as LiveSnapshot).operator, true);
  const [, event] = await next(stream);
  assert.equal((event as { id: number }).id, 2);
});

test("events that cannot be read are asked for again, without another one", async (t) => {
  const { ports, url } = await setUp(t);
  ports.happen("worker-joined");
  ports.happen("worker-live");
  const { events } = ports;
  let failures = 0;
  ports.events = async () => {
    failures += 1;
    ports.events = events;
    throw new Error("the store fails");
  };
  const stream = words(t, `${url}/v1/live`);
  const [, snapshot] = await next(stream);
  assert.equal((snapshot as LiveSnapshot).lastEventId, 2, "so it is known that some are missing");
  assert.equal(((await next(stream))[1] as { id: number }).id, 1);
  assert.equal(failures, 1);
});

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Unlike fetch it sends what it is told, also as a browser would. */
function get(url: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    request(`${url}${path}`, { headers, path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on("error", failed)
      .end();
  });
}

test("the dashboard's files: only those, with a strict policy, also for who follows a link", async (t) => {
  const { url, dashboard } = await setUp(t);
  const missing = await get(url, "/dashboard/");
  assert.equal(missing.status, 404);
  assert.match(missing.body, /npm run build:dashboard/);
  mkdirSync(join(dashboard, "assets"), { recursive: true });
  writeFileSync(join(dashboard, "index.html"), "<p>skein");
  writeFileSync(join(dashboard, "assets", "a-1.js"), "1;");
  writeFileSync(join(dashboard, "..", "token.js"), "secret");

  const page = await get(url, "/dashboard/", { "sec-fetch-site": "cross-site" });
  assert.equal(page.body, "<p>skein");
  const policy = String(page.headers["content-security-policy"]);
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(page.headers["x-content-type-options"], "nosniff");
  assert.equal(page.headers["cache-control"], "no-cache");
  const head = await fetch(`${url}/dashboard/`, { method: "HEAD" });
  assert.deepEqual(
    [head.status, head.headers.get("content-type"), await head.text()],
    [200, "text/html; charset=utf-8", ""],
  );
  const again = await get(url, "/dashboard/", { "if-none-match": String(page.headers["etag"]) });
  assert.equal(again.status, 304);
  assert.match(String((await get(url, "/dashboard/assets/a-1.js")).headers["cache-control"]), /immutable/);

  for (const path of ["/dashboard/../token.js", "/dashboard/%2e%2e/token.js", "/dashboard/..%2ftoken.js"]) {
    const { status, body } = await get(url, path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(body, /secret/);
  }
  assert.equal((await get(url, "/dashboard/", { host: "evil.example" })).status, 421);
  assert.equal((await get(url, "/v1/live", { "sec-fetch-site": "cross-site" })).status, 403);
});

test("a browser at the control address is shown the dashboard, a program the index", async (t) => {
  const { url } = await setUp(t);
  const browser = await get(url, "/", { accept: "text/html,*/*" });
  assert.deepEqual([browser.status, browser.headers["location"]], [302, "/dashboard/"]);
  assert.equal((await get(url, "/")).status, 200);
  assert.equal((await get(url, "/dashboard")).status, 302);
});
