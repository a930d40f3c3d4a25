import { get, passed, type RequestCase, type Topic } from "./case.ts";

const cases: readonly RequestCase[] = [
  passed("where a request came from is told", "RFC 7239 4", get(), "/", {
    forwarded: {
      has: [
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Host: a",
        'Forwarded: for=127.0.0.1;host="a";proto=http',
      ],
    },
  }),
  passed(
    "what a stranger claims of its origin is overwritten",
    "RFC 7239 8.1",
    get(
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /x\r\nForwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n",
    ),
    "/",
    {
      forwarded: {
        has: [
          "X-Forwarded-For: 127.0.0.1",
          "X-Forwarded-Proto: http",
          'Forwarded: for=127.0.0.1;host="a";proto=http',
        ],
        lacks: ["x-forwarded-port", "x-forwarded-prefix", "x-real-ip"],
      },
    },
  ),
  passed(
    "underscore spellings of our fields are dropped",
    "CVE-2026-39858",
    get(
      "X_Forwarded_For: 1\r\nX-Forwarded_Proto: 1\r\nX_Real_IP: 1\r\nX_Request_Id: 1\r\nX_Forwarded_Any: 1\r\nX_Own: 1\r\n",
    ),
    "/",
    {
      forwarded: {
        has: ["X_Own: 1"],
        lacks: ["x_forwarded_for", "x-forwarded_proto", "x_real_ip", "x_request_id", "x_forwarded_any"],
      },
    },
  ),
  passed(
    "a trusted proxy's words are kept and added to",
    "RFC 7239 4",
    get(
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-Forwarded-Proto: https\r\nForwarded: for=1.1.1.1\r\nX_Forwarded_For: 9.9.9.9\r\n",
    ),
    "/",
    {
      trusted: true,
      forwarded: {
        has: [
          "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 127.0.0.1",
          "X-Forwarded-Proto: https",
          'Forwarded: for=1.1.1.1, for=127.0.0.1;host="a";proto=http',
        ],
        lacks: ["x_forwarded_for"],
      },
    },
  ),
  passed(
    "a trusted proxy's https target",
    "RFC 9110 7.4",
    "GET https://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
    "/x",
    { trusted: true },
  ),
  passed("Via tells of this gateway", "RFC 9110 7.6.3", get("Via: 1.0 fred\r\n"), "/", {
    forwarded: { has: ["Via: 1.0 fred", "Via: 1.1 skein"] },
    answered: { has: ["Via: 1.1 skein"] },
  }),
  {
    name: "Via tells the version that was received",
    source: "RFC 9110 7.6.3",
    send: "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    client: '200 "GET /", closed',
    worker: ["GET /"],
    forwarded: { has: ["Via: 1.0 skein"] },
  },
  passed("a stranger's request id is overwritten", "OWASP ASVS 16.2", get("X-Request-Id: theirs\r\n"), "/", {
    forwarded: { lacks: ["X-Request-Id: theirs"] },
    answered: { lacks: ["X-Request-Id: theirs"] },
  }),
  passed(
    "cookies and credentials pass",
    "RFC 9110 11.6.2",
    get("Cookie: a=b; c=d\r\nAuthorization: Basic x\r\n"),
    "/",
    {
      forwarded: { has: ["Cookie: a=b; c=d", "Authorization: Basic x"] },
    },
  ),
];

export const origin: Topic<RequestCase> = {
  title: "origin",
  why: "a worker may believe these fields, so that only the gateway may write them",
  cases,
};
