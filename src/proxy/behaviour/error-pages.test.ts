import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { errorPage } from "../exchange/error-page.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testWorkerRow } from "../testing/testing-table.ts";
import { problems } from "../../protocol/problem.ts";

const browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

test("a browser gets a page with what happened, its request's id and what to do; a program gets JSON", async (context) => {
  const { client, table } = await startTestProxy(context);
  table({ routes: [], proxy: { hints: true } });
  const me = await client();
  me.send(`GET /<b>"' HTTP/1.1\r\nHost: x\r\n${browser}\r\n`);
  const { head, body } = await me.message();
  assert.match(head, /^HTTP\/1\.1 404 [^]*Content-Type: text\/html; charset=utf-8/);
  assert.match(head, /x-skein-reason: no-route/);
  assert.match(body, /<h1>No route matches this request<\/h1>/);
  const id = /x-request-id: (\S+)/.exec(head)?.[1];
  assert.ok(id !== undefined && body.includes(`<code>skein why ${id}</code>`), body);
  assert.ok(body.includes("skein route test GET /&lt;b&gt;&quot;&#39;"), body);
  me.send("GET /x HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n");
  const plain = await me.message();
  assert.match(plain.head, /Content-Type: application\/problem\+json/);
  const problem = JSON.parse(plain.body) as { requestId: string; why: string };
  assert.equal(problem.why, `skein why ${problem.requestId}`);
});

test("its policy allows its own style and nothing else", async (context) => {
  const { client, table } = await startTestProxy(context);
  table({ routes: [] });
  const me = await client();
  me.send(`GET /x HTTP/1.1\r\nHost: x\r\n${browser}\r\n`);
  const { head, body } = await me.message();
  const style = /<style>([^]*)<\/style>/.exec(body)?.[1] ?? "";
  const digest = createHash("sha256").update(style).digest("base64");
  assert.ok(head.includes(`default-src 'none'; style-src 'sha256-${digest}'`), head);
  assert.match(head, /X-Content-Type-Options: nosniff/);
});

test("the switch turns pages off; a worker's own answers are never touched", async (context) => {
  const { client, table, workers } = await proxyWithWorkers(context);
  const row = testWorkerRow(workers[0]!.port);
  const routes = [testRoute({ match: { ...testRoute().match, path: { kind: "prefix", path: "/w" } } })];
  table({ routes, workers: [row], proxy: { errorPages: false } });
  const me = await client();
  me.send(`GET /x HTTP/1.1\r\nHost: x\r\n${browser}\r\n`);
  assert.match((await me.message()).head, /Content-Type: application\/problem\+json/);
  me.send(`GET /w HTTP/1.1\r\nHost: x\r\n${browser}\r\n`);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nmine");
  assert.equal((await me.message()).body, "mine");
});

test("HEAD gets the page's head alone", async (context) => {
  const { client, table } = await startTestProxy(context);
  table({ routes: [] });
  const me = await client();
  me.send(`HEAD /x HTTP/1.1\r\nHost: x\r\n${browser}\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.match(await me.head(), /^HTTP\/1\.1 404 [^]*text\/html/);
  assert.match(await me.head(), /^HTTP\/1\.1 404 [^]*problem\+json/);
});

test("what a worker may have carried out is not told to be done once only, though it may be repeated", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { routes: [testRoute({ retry: false })] });
  const me = await client();
  me.send(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${browser}\r\n`);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.reset();
  const { head, body } = await me.message();
  assert.match(head, /x-skein-reason: worker-reset/);
  assert.match(body, /<p>Trying again in a moment is safe: [^<]*as once\.<\/p>/);
});

test("whatever stands in it is text", () => {
  const evil = `<script>alert("1")</script>'&`;
  const page = errorPage(
    { type: "x", title: evil, status: 404, code: "no-route", hint: evil, requestId: evil, why: evil },
    problems.noRoute,
  );
  assert.doesNotMatch(page, /<script|"1"|'&/);
  assert.equal(page.split("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;").length - 1, 5);
});
