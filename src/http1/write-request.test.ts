import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { readRequests } from "../../test/conformance/transcript.ts";
import type { RequestForwarding } from "./http1.ts";
import { Origin, plainRequestId, RequestParser, writeRequestHead } from "./http1.ts";

const limits = { headBytesMax: 16_384, fieldsMax: 100, targetBytesMax: 8192 };
const stranger = new Origin("203.0.113.7", "http");
const friend = new Origin("10.0.0.1", "https", { clientBehind: (peer) => peer });

function parse(text: string): RequestParser {
  const parser = new RequestParser(limits);
  const buffer = Buffer.from(text, "latin1");
  parser.push(buffer, 0, buffer.length);
  assert.equal(parser.failure, undefined);
  return parser;
}

function forward(text: string, changes: Partial<RequestForwarding> = {}): string[] {
  const nothing = {
    target: undefined,
    requestId: undefined,
    budget: undefined,
    upgrade: "",
    traced: false,
  };
  const forwarding = { origin: stranger, ...nothing, ...changes };
  const written = writeRequestHead(parse(text), forwarding);
  assert.ok(written.endsWith("\r\n\r\n"));
  return written.split("\r\n").slice(0, -2);
}

const get = (fields: string, target = "/a?b") => `GET ${target} HTTP/1.1\r\nHost: h:1\r\n${fields}\r\n`;
const added = [
  "X-Forwarded-For: 203.0.113.7",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: h:1",
  'Forwarded: for=203.0.113.7;host="h:1";proto=http',
  "Via: 1.1 skein",
];

describe("the request head for the worker", () => {
  it("has the fields as they came, and where it came from", () => {
    assert.deepEqual(forward(get("X-A:  b\t\r\nx-a: c\r\n")), [
      "GET /a?b HTTP/1.1",
      "Host: h:1",
      "X-A:  b\t",
      "x-a: c",
      ...added,
    ]);
  });

  it("has the time that is left at this hop, whatever the hop before was told", () => {
    const told = get(
      "x-skein-budget: 99999\r\nX_Skein_Budget: 1\r\nx-skein-attempt: 1\r\ngrpc-timeout: 1S\r\n",
    );
    assert.deepEqual(forward(told, { budget: "250" }), [
      "GET /a?b HTTP/1.1",
      "Host: h:1",
      "grpc-timeout: 1S",
      ...added,
      "x-skein-budget: 250",
    ]);
    assert.deepEqual(forward(told).at(-1), "Via: 1.1 skein");
  });

  it("has the trace context as it came, unless its sender writes another", () => {
    const traced = get("traceparent: 00-a\r\nX-A: b\r\ntracestate: c=d\r\nTraceState: e=f\r\n");
    const line = ["GET /a?b HTTP/1.1", "Host: h:1"];
    const came = ["traceparent: 00-a", "X-A: b", "tracestate: c=d", "TraceState: e=f"];
    assert.deepEqual(forward(traced), [...line, ...came, ...added]);
    assert.deepEqual(forward(traced, { traced: true }), [...line, "X-A: b", ...added]);
  });

  it("has nothing that was for one hop only", () => {
    const hop =
      "Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nTE: trailers\r\nProxy-Connection: a\r\n" +
      "Proxy-Authorization: a\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\nTrailer: X-Sum\r\nX-Stays: 1\r\n";
    assert.deepEqual(forward(get(hop)), ["GET /a?b HTTP/1.1", "Host: h:1", "X-Stays: 1", ...added]);
  });

  it("has no spelling of a field that another server might take for ours", () => {
    const disguised =
      "X_Forwarded_For: 1\r\nX-Forwarded_Proto: 1\r\nX_Real_IP: 1\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n" +
      "X-Forwarded_Anything: 1\r\nX_Forwarded-Anything: 1\r\nX_Request_Id: 1\r\nProxy_Connection: 1\r\n";
    assert.deepEqual(forward(get(disguised)), ["GET /a?b HTTP/1.1", "Host: h:1", ...added]);
  });

  it("overwrites what a stranger says about where it comes from", () => {
    const claims =
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n" +
      "X-Forwarded-Prefix: /x\r\nForwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n";
    assert.deepEqual(forward(get(claims)), ["GET /a?b HTTP/1.1", "Host: h:1", ...added]);
  });

  it("adds to what a trusted peer says", () => {
    const words =
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-Forwarded-Proto: http\r\nX-Real-IP: 1.1.1.1\r\n" +
      "Forwarded: for=1.1.1.1\r\nX-Forwarded-Port: 80\r\nX_Forwarded_Proto: bad\r\n";
    assert.deepEqual(forward(get(words), { origin: friend }), [
      "GET /a?b HTTP/1.1",
      "Host: h:1",
      "X-Forwarded-Proto: http",
      "X-Real-IP: 1.1.1.1",
      "X-Forwarded-Port: 80",
      "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1",
      'Forwarded: for=1.1.1.1, for=10.0.0.1;host="h:1";proto=https',
      "X-Forwarded-Host: h:1",
      "Via: 1.1 skein",
    ]);
  });

  it("tells IPv6 addresses as the two fields want them", () => {
    const lines = forward(get(""), { origin: new Origin("2001:db8::1", "http") });
    assert.ok(lines.includes("X-Forwarded-For: 2001:db8::1"));
    assert.ok(lines.includes('Forwarded: for="[2001:db8::1]";host="h:1";proto=http'));
    assert.equal(new Origin("::ffff:10.1.2.3", "http").address, "10.1.2.3");
    assert.equal(new Origin("", "http").address, "unknown");
    assert.throws(() => new Origin("1.2.3.4\r\nX: y", "http"));
  });

  it("sets the request id over the client's, or leaves it", () => {
    assert.ok(
      forward(get("X-Request-Id: theirs\r\n"), { requestId: plainRequestId("ours") }).includes(
        "X-Request-Id: ours",
      ),
    );
    assert.ok(
      !forward(get("X-Request-Id: theirs\r\n"), { requestId: plainRequestId("ours") }).includes(
        "X-Request-Id: theirs",
      ),
    );
    assert.ok(forward(get("X-Request-Id: theirs\r\n")).includes("X-Request-Id: theirs"));
  });

  it("keeps the framing, written anew", () => {
    const post = (fields: string) => `POST / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
    const chunked = forward(post("Transfer-Encoding:CHUNKED\r\nTrailer: X-Sum\r\n"));
    assert.ok(chunked.includes("Transfer-Encoding: chunked"));
    assert.ok(chunked.includes("Trailer: X-Sum"));
    assert.ok(!chunked.includes("Transfer-Encoding:CHUNKED"));
    assert.ok(forward(post("Content-Length: 5\r\n")).includes("Content-Length: 5"));
    assert.ok(
      forward(post("Content-Length: 5\r\nExpect: 100-continue\r\n")).includes("Expect: 100-continue"),
    );
  });

  it("writes other request lines in the one form", () => {
    assert.equal(forward(get("", "http://h:1/x?y"))[0], "GET /x?y HTTP/1.1");
    assert.equal(forward(get("", "http://h:1"))[0], "GET / HTTP/1.1");
    assert.equal(forward("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")[0], "OPTIONS * HTTP/1.1");
    const old = forward("POST /a HTTP/1.0\r\nHost: h:1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    assert.equal(old[0], "POST /a HTTP/1.1");
    assert.ok(old.includes("Via: 1.0 skein"));
    assert.ok(!old.includes("Expect: 100-continue"));
    assert.equal(forward(get(""), { target: "/new?b" })[0], "GET /new?b HTTP/1.1");
    for (const target of ["/a b", "/a\r\n", "a", "", "/ä€"])
      assert.throws(() => forward(get(""), { target }), target);
  });

  it("counts Max-Forwards of OPTIONS down, and leaves that of others", () => {
    const asked = (method: string): string[] =>
      forward(`${method} / HTTP/1.1\r\nHost: h\r\nMAX-Forwards: 10\r\nX: 1\r\n\r\n`);
    assert.deepEqual(
      asked("OPTIONS").filter((line) => /max-forwards/i.test(line)),
      ["Max-Forwards: 9"],
    );
    assert.deepEqual(
      asked("GET").filter((line) => /max-forwards/i.test(line)),
      ["MAX-Forwards: 10"],
    );
  });

  it("asks for an upgrade only when told to", () => {
    const asking = get("Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
    assert.deepEqual(forward(asking, { upgrade: "websocket" }).slice(-2), [
      "Connection: Upgrade",
      "Upgrade: websocket",
    ]);
    assert.ok(!forward(asking).some((line) => /upgrade/i.test(line)));
    assert.throws(() => forward(asking, { upgrade: "web socket" }));
  });
});

describe("round trip", () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/).map((text) => `q${text}`);
  const value = fc.stringMatching(
    /^[\x21-\x7e\xa0-\xff]([\x20-\x7e\t\xa0-\xff]{0,30}[\x21-\x7e\xa0-\xff])?$/,
  );
  it("what is written parses to the same message", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), fc.boolean(), (fields, trusted) => {
        const lines = fields.map(([field, text]) => `${field}: ${text}\r\n`).join("");
        const head = parse(`PUT /p?q HTTP/1.1\r\nHost: h\r\n${lines}Content-Length: 0\r\n\r\n`);
        const origin = trusted ? friend : stranger;
        const written = writeRequestHead(head, {
          origin,
          target: undefined,
          requestId: plainRequestId("id"),
          budget: undefined,
          upgrade: "",
          traced: false,
        });
        const again = readRequests([Buffer.from(written, "latin1")]);
        assert.equal(again.failure, undefined);
        assert.equal(again.rest, "nothing");
        const message = again.messages[0]!;
        assert.deepEqual([message.method, message.target, message.framing], ["PUT", "/p?q", "length"]);
        assert.deepEqual(
          message.fields.filter(([field]) => field.startsWith("q")),
          fields,
        );
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});
