import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { RequestTry } from "../../protocol/requests.ts";
import { connectTo, type TestPeer, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

interface TestContext {
  after(end: () => void): void;
}

type Line = Record<string, unknown>;

/** A file for a log, and the lines that it has. */
function logPlace(context: TestContext): { file: string; lines: () => Line[] } {
  const directory = mkdtempSync(join(tmpdir(), "skein-log-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "logs", "access.log");
  const lines = (): Line[] => {
    try {
      const text = readFileSync(file, "utf8").trim();
      return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
    } catch {
      return [];
    }
  };
  return { file, lines };
}

test("one line of JSON per request, whatever became of it; bad bytes are escaped", async (context) => {
  const { file, lines } = logPlace(context);
  const { client, workers, table } = await proxyWithWorkers(context);
  table({ proxy: { accessLog: file }, workers: [testWorkerRow(workers[0]!.port)] });
  const me = await client();
  me.send("POST /a?secret=1 HTTP/1.1\r\nHost: Shop.example:8080\r\nContent-Length: 3\r\n\r\nabc");
  const worker = await workers[0]!.connection();
  await worker.take("abc");
  worker.send("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello");
  await me.message();
  me.send("GET /gone HTTP/1.1\r\nHost: x\r\n\r\n");
  await worker.head();
  me.reset();
  await until(() => lines().length === 2, "two lines");
  const [done, gone] = lines();
  assert.equal(typeof done?.["elapsedMs"], "number");
  const picks = done?.["picks"] as { worker: string; at: number }[];
  assert.equal(typeof picks[0]?.at, "number");
  const [only, ...others] = (done?.["tries"] ?? []) as RequestTry[];
  assert.deepEqual([only?.way, only?.outcome, others.length], ["new", "answered", 0]);
  const times = [only?.chosenMs, only?.sentMs, only?.firstByteMs, only?.endMs].map((at) => at ?? Number.NaN);
  assert.deepEqual(
    times,
    [...times].sort((one, other) => one - other),
    "in their order",
  );
  assert.deepEqual(
    {
      ...done,
      picks: picks.map((pick) => pick.worker),
      tries: [],
      time: "",
      elapsedMs: 0,
      pid: 0,
      level: 0,
    },
    {
      level: 0,
      pid: 0,
      time: "",
      requestId: "test-1",
      client: "127.0.0.1",
      method: "POST",
      host: "shop.example",
      path: "/a",
      query: "?secret=***",
      status: 201,
      route: "/",
      service: "web",
      worker: `w-${workers[0]!.port}`,
      picks: [`w-${workers[0]!.port}`],
      tries: [],
      end: "whole",
      queuedMs: 0,
      retries: 0,
      elapsedMs: 0,
      bytesIn: 3,
      bytesOut: 5,
    },
  );
  assert.equal(gone?.["status"], 499);
});

test("a query is told to a length, and its secrets not", async (context) => {
  const { file, lines } = logPlace(context);
  const { client, workers, table } = await proxyWithWorkers(context);
  table({ proxy: { accessLog: file }, workers: [testWorkerRow(workers[0]!.port)] });
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(`GET /?key=1&${"%=%&".repeat(1_500)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await me.message();
  await until(() => lines().length > 0, "a line");
  const query = String(lines()[0]?.["query"]);
  assert.match(query, /^\?key=\*\*\*&%=%&.*\.\.\.$/);
  assert.ok(query.length <= 1_100, `${query.length} characters`);
});

test("a place that cannot be opened yet: requests are answered, and their lines follow when it can be", async (context) => {
  const { file, lines } = logPlace(context);
  writeFileSync(dirname(file), "a file where the directory should be");
  const { client, workers, table } = await proxyWithWorkers(context);
  table({ proxy: { accessLog: file }, workers: [testWorkerRow(workers[0]!.port)] });
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send("GET /early HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match((await me.message()).head, /^HTTP\/1\.1 200 /);
  rmSync(dirname(file));
  await until(() => lines().length > 0, "a line");
  assert.deepEqual(
    lines().map(({ path }) => path),
    ["/early"],
  );
});

test("of a sample every failed request is told, and headers that were asked for, but no secret one", async (context) => {
  const { file, lines } = logPlace(context);
  const headers = ["user-agent", "authorization", "cookie", "referer", "x-none"];
  const requests = { slowMs: 60_000, samplesPerSecond: 0, keep: 5, redact: ["ssn"] };
  const { client, workers, table } = await proxyWithWorkers(context);
  table({
    proxy: { accessLog: file, accessLogLines: { sample: 0, headers }, requests },
    workers: [testWorkerRow(workers[0]!.port)],
  });
  workers[0]!.answerAll("ok");
  const me = await client();
  for (let done = 0; done < 20; done += 1) {
    me.send("GET /well HTTP/1.1\r\nHost: x\r\n\r\n");
    await me.message();
  }
  const referer = "https://shop/return?order=7&ssn=1&next=%2Fcb%3Ftoken%3Dt#access_token=t";
  const fields = `User-Agent: "me"\r\nAuthorization: Bearer abc\r\nCookie: a=b\r\nReferer: ${referer}`;
  me.send(`GET /%2fbad HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n`);
  assert.match((await me.message()).head, /^HTTP\/1\.1 400 /);
  await until(() => lines().length > 0, "a line");
  const told = lines();
  assert.equal(told.length, 1);
  assert.equal(told[0]?.["reason"], "bad-path");
  assert.deepEqual(told[0]?.["headers"], {
    "user-agent": '"me"',
    authorization: "***",
    cookie: "***",
    referer: "https://shop/return?order=7&ssn=***&next=***#access_token=***",
  });
});

test("what never came to be forwarded is told as well, whatever the sample; a redirect as one of it", async (context) => {
  const { file, lines } = logPlace(context);
  const { client, table, proxy } = await proxyWithWorkers(context);
  const receptions = { door: { kind: "redirect", port: 443 } as const };
  const logTo = (sample: number, connectionsMax: number): void =>
    void table({
      proxy: { receptions, accessLog: file, accessLogLines: { sample, headers: ["referer"] } },
      limits: { connectionsMax },
      timeouts: { headMs: 60 },
    });
  logTo(0, 100);
  const door = await proxy.listen({ host: "127.0.0.1", port: 0 }, "door");
  const redirected = "GET /clear?key=1 HTTP/1.1\r\nHost: x\r\nReferer: /a?key=1\r\n\r\n";
  const status = async (peer: TestPeer, request: string): Promise<number> => {
    peer.send(request);
    return Number((await peer.message()).head.split(" ")[1]);
  };
  const redirect = async (): Promise<number> =>
    status(await connectTo((door.address() as AddressInfo).port), redirected);
  assert.equal(await redirect(), 308);
  const answered: number[] = [];
  for (const request of [
    "GET / HTTP/1.1\r\nHost: x\r\nBad : 1\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(17_000)}\r\n\r\n`,
    "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /slow HTTP/1.1\r\nHost",
    "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
  ]) {
    answered.push(await status(await client(), request));
  }
  logTo(1, 100);
  answered.push(await redirect());
  logTo(1, 0);
  answered.push(await status(await client(), ""));
  await until(() => lines().length === answered.length, "all lines");
  const told = lines();
  assert.deepEqual(
    told.map((line) => line["status"]),
    answered,
  );
  assert.deepEqual(
    told.map(({ reason }) => reason),
    [
      "bad-request",
      "bad-host",
      "head-too-large",
      "bad-path",
      "request-timeout",
      "method-refused",
      "https-required",
      "too-many-connections",
    ],
  );
  assert.ok(told.every((line) => line["client"] === "127.0.0.1" && line["end"] === "own"));
  const { method, host, path, query, headers } = told.at(-2)!;
  assert.deepEqual(
    { method, host, path, query, headers },
    { method: "GET", host: "x", path: "/clear", query: "?key=***", headers: { referer: "/a?key=***" } },
  );
});
