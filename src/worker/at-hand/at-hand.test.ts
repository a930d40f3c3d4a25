import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { test, type TestContext } from "node:test";
import { head, listening, Log, turns } from "../link/testing-service.ts";
import { wayTo, waysNames } from "../link/testing-ways.ts";
import { deadline, keepAtHand, signal, takeInHand } from "./at-hand.ts";

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

/** As `join` does it. */
function serving(handle: Handle): Server {
  keepAtHand();
  const server = createServer((request, response) => void handle(request, response));
  return server.prependListener("request", takeInHand);
}

/** Notes under `name` when and why the request's signal aborts. */
function note(log: Log, name: string): void {
  const one = signal();
  log.add(name, one === undefined ? "nothing" : one.aborted ? "aborted" : "open");
  one?.addEventListener("abort", () => log.add(name, (one.reason as Error).name));
}

for (const name of waysNames) {
  const perWay = (what: string, play: (t: TestContext) => Promise<void>): void =>
    void test(`${what} (${name})`, play);

  perWay("the signal is found on all ways of a handler, and aborts when the client leaves", async (t) => {
    const log = new Log();
    const server = serving(async (request, response) => {
      note(log, "handler");
      request.on("data", () => note(log, "data"));
      request.on("end", () => note(log, "end"));
      setImmediate(() => note(log, "later"));
      await once(request, "end");
      note(log, "awaited");
      response.writeHead(200);
      response.write("half an answer");
    });
    const way = await wayTo(t, await listening(t, server), name);
    const call = way.call(head("POST /", "Content-Length: 4"), "body");
    await log.until("awaited open");
    await log.until("later open");
    assert.deepEqual(
      log.entries.filter((entry) => entry.endsWith("nothing")),
      [],
    );
    call.abort();
    for (const who of ["handler", "data", "end", "later", "awaited"]) await log.until(`${who} AbortError`);
  });

  perWay("two requests at once are not mixed", async (t) => {
    const log = new Log();
    const server = serving(async (request) => {
      await turns();
      note(log, request.url ?? "");
    });
    const way = await wayTo(t, await listening(t, server), name);
    const one = way.call(head("GET /one"), "");
    way.call(head("GET /other"), "");
    await log.until("/one open");
    await log.until("/other open");
    one.abort();
    await log.until("/one AbortError");
    assert.ok(!log.entries.includes("/other AbortError"));
  });

  perWay("an answer that was given in order aborts nothing", async (t) => {
    const log = new Log();
    const server = serving((_request, response) => {
      note(log, "asked");
      response.once("close", () => log.add("closed"));
      response.end("ok");
    });
    const way = await wayTo(t, await listening(t, server), name);
    const call = way.call(head("GET /"), "");
    assert.match(await call.answer.over(), /ok/);
    call.abort();
    way.close();
    await log.until("closed");
    await turns();
    assert.deepEqual(log.entries, ["asked open", "closed"]);
  });

  perWay("the time that is told ends the work, unless the answer has begun", async (t) => {
    const log = new Log();
    const server = serving((request, response) => {
      const url = request.url ?? "";
      note(log, url);
      log.add(url, "has", (deadline()?.getTime() ?? Infinity) - Date.now() <= 40 ? "a time" : "none");
      if (url !== "/begun") return;
      response.write("half");
      log.add(url, "has", deadline() === undefined ? "none more" : "a time");
    });
    const way = await wayTo(t, await listening(t, server), name);
    way.call(head("GET /begun", "x-skein-budget: 30"), "");
    await log.until("/begun has none more");
    way.call(head("GET /told", "x-skein-budget: 40"), "");
    way.call(head("GET /untold"), "");
    await log.until("/told TimeoutError");
    assert.ok(log.entries.includes("/told has a time") && log.entries.includes("/untold has none"));
    assert.ok(!log.entries.includes("/untold TimeoutError") && !log.entries.includes("/begun TimeoutError"));
  });
}

for (const name of waysNames) {
  test(`the time for the answer begins when the body is whole, where it is told so (${name})`, async (t) => {
    const log = new Log();
    const server = serving(async (request) => {
      note(log, "signal");
      request.on("end", () => log.add("whole")).resume();
      await once(request, "end");
      log.add((deadline()?.getTime() ?? Infinity) - Date.now() <= 40 ? "has a time" : "has none");
    });
    const way = await wayTo(t, await listening(t, server), name);
    const call = way.call(head("POST /", "Content-Length: 4", "x-skein-budget: 40/"));
    await log.until("signal open");
    call.body("bo");
    await new Promise((resolve) => setTimeout(resolve, 100));
    call.body("dy");
    await log.until("signal TimeoutError");
    assert.deepEqual(log.entries, ["signal open", "whole", "has a time", "signal TimeoutError"]);
  });
}

test("outside of a request there is none", () => {
  assert.equal(signal(), undefined);
  assert.equal(deadline(), undefined);
});

test("asked when the client has left already: aborted from the first", async (t) => {
  const log = new Log();
  const server = serving(async (_request, response) => {
    log.add("begun");
    await once(response, "close");
    note(log, "late");
  });
  const way = await wayTo(t, await listening(t, server), "tcp");
  const call = way.call(head("GET /"), "");
  await log.until("begun");
  call.abort();
  await log.until("late aborted");
});
