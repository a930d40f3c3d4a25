import type { Cause } from "../../src/core/requests/cause.ts";
import { testRoute, type TestTableParts } from "../../src/proxy/testing/testing-table.ts";
import { answered, type Fault, held, mine, noted, refusing } from "./fault.ts";

const streamed = mine.replace("GET", "POST").replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");

/** How a body goes on of which a part has come. */
const cutWithin: [what: string, cause: Cause, todo: RegExp, rest: string, parts: TestTableParts][] = [
  ["breaks its framing", "bad-framing", /no setting/, "XYZ\r\n", {}],
  [
    "grows over the route's limit",
    "body-too-large",
    /route\.body = 5/,
    "3\r\nabc\r\n",
    { routes: [testRoute({ bodyBytesMax: 5 })] },
  ],
  [
    "stops coming, as the answer does",
    "body-too-slow",
    /timeouts\.stalledClient = 60 ms/,
    "",
    { timeouts: { stalledClientMs: 60 } },
  ],
];

/** The client, and what it sends. */
export const clientFaults: readonly Fault[] = [
  {
    name: "more connections than are taken",
    cause: "too-many-connections",
    todo: /limits\.connections/,
    async provoke(stage) {
      stage.table({ limits: { connectionsMax: 1 } });
      await stage.client();
      const me = await stage.client();
      return answered(me);
    },
  },
  {
    name: "a client that goes while the worker works",
    cause: "client-gone",
    todo: /client's own timeout/,
    says: /while web\/w-\d+ had the request/,
    async provoke(stage) {
      const { me } = await held(stage, mine);
      me.reset();
      return noted(stage);
    },
  },
  {
    name: "a client that goes amid the answer",
    cause: "client-gone",
    todo: /client's own timeout/,
    says: /within the answer of web\/w-\d+/,
    async provoke(stage) {
      const { me, worker } = await held(stage, mine);
      worker.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
      await me.head();
      me.reset();
      return noted(stage);
    },
  },
  {
    name: "a client that does not read",
    cause: "client-stalled",
    todo: /timeouts\.stalledClient/,
    async provoke(stage) {
      const { me, worker } = await held(stage, mine, { timeouts: { stalledClientMs: 100 } });
      me.socket.pause();
      const size = 64 * 1024 * 1024;
      worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      worker.send(Buffer.alloc(size));
      return noted(stage);
    },
  },
  {
    name: "a proxy that ends",
    cause: "gateway-stopped",
    todo: /longer than the drain/,
    async provoke(stage) {
      await held(stage, mine);
      await stage.proxy.drain(1);
      return noted(stage);
    },
  },
  {
    name: "a head that does not come to its end",
    cause: "head-too-slow",
    todo: /timeouts\.head = 40 ms/,
    provoke: refusing("GET / HTTP/1.1\r\nHost", { timeouts: { headMs: 40 } }),
  },
  {
    name: "a body that stops coming",
    cause: "body-too-slow",
    todo: /timeouts\.stalledClient = 60 ms/,
    provoke: refusing("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", {
      timeouts: { stalledClientMs: 60 },
    }),
  },
  {
    name: "a body over the route's limit",
    cause: "body-too-large",
    todo: /raise body of route '\/' \(route\.body = 5\)/,
    provoke: refusing("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", {
      routes: [testRoute({ bodyBytesMax: 5 })],
    }),
  },
  ...cutWithin.map(([what, cause, todo, rest, parts]): Fault => ({
    name: `a body that ${what}, when the answer has begun`,
    cause,
    todo,
    says: /The answer had begun/,
    async provoke(stage) {
      const { me, worker } = await held(stage, `${streamed}3\r\nabc\r\n`, parts);
      worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
      await me.head();
      me.send(rest);
      return noted(stage);
    },
  })),
  ...(
    [
      ["no HTTP", "bad-request", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n"],
      [
        "two lengths",
        "bad-framing",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      ],
      [
        "length and chunks",
        "bad-framing",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      ],
      [
        "a chunk that is none",
        "bad-framing",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      ],
      ["no Host", "bad-host", "GET / HTTP/1.1\r\n\r\n"],
      ["two Hosts", "bad-host", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
      ["a path that climbs", "bad-path", "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["an encoded slash", "bad-path", "GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["CONNECT", "method-refused", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n"],
      ["https over a plain connection", "scheme-refused", "GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["too long a target", "target-too-long", `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
      ["too large a head", "head-too-large", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(17_000)}\r\n\r\n`],
      ["an unknown expectation", "expectation-failed", "GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n"],
      [
        "an unknown coding",
        "coding-unknown",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      ],
      ["another version", "version-refused", "GET / HTTP/3.0\r\nHost: x\r\n\r\n"],
    ] as const
  ).map(([name, cause, request]): Fault => ({ name, cause, todo: /\S/, provoke: refusing(request) })),
];
