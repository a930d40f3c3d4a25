import assert from "node:assert/strict";
import { test } from "node:test";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

const a = { cert: "a.test.pem", key: "a.test.key" };
const b = { cert: "b.test.pem", key: "/keys/b.test.key" };
const filesOfA = { cert: "/conf/a.test.pem", key: "/conf/a.test.key", digest: "digest of /conf/a.test.pem" };
const filesOfB = { cert: "/conf/b.test.pem", key: "/keys/b.test.key", digest: "digest of /conf/b.test.pem" };
const secure = { kind: "https", certificates: [filesOfA], minVersion: "TLSv1.2" };
const plain = { kind: "http" };

/** What is written, and what clients find at each listener. */
const readings: [what: string, written: unknown, receptions: Record<string, unknown>][] = [
  ["a text", { listen: ":80" }, { "0.0.0.0:80": plain }],
  [
    "a list of texts and ports",
    { listen: ["127.0.0.1:80", 81] },
    { "127.0.0.1:80": plain, "0.0.0.0:81": plain },
  ],
  ["TLS for all", { listen: ":443", tls: a }, { "0.0.0.0:443": secure }],
  [
    "TLS for one",
    { listen: [":80", { address: ":443", tls: a }] },
    { "0.0.0.0:80": plain, "0.0.0.0:443": secure },
  ],
  ["an object alone", { listen: { address: 443, tls: a } }, { "0.0.0.0:443": secure }],
  [
    "TLS for all but one, and another's own",
    {
      tls: a,
      listen: [
        ":1",
        { address: ":2", tls: false },
        { address: ":3", tls: b },
        { address: ":4", redirect: "https" },
      ],
    },
    {
      "0.0.0.0:1": secure,
      "0.0.0.0:2": plain,
      "0.0.0.0:3": { ...secure, certificates: [filesOfB] },
      "0.0.0.0:4": { kind: "redirect", port: 1 },
    },
  ],
  [
    "several certificates, as a list and with more",
    {
      listen: [
        { address: ":1", tls: [a, b] },
        { address: ":2", tls: { certificates: [b, a], minVersion: "TLSv1.3" } },
      ],
    },
    {
      "0.0.0.0:1": { ...secure, certificates: [filesOfA, filesOfB] },
      "0.0.0.0:2": { kind: "https", certificates: [filesOfB, filesOfA], minVersion: "TLSv1.3" },
    },
  ],
  [
    "a redirect to the first listener with TLS, and to a port",
    {
      listen: [
        { address: ":80", redirect: "https" },
        { address: ":81", redirect: { port: 443 } },
        "127.0.0.1:82",
        { address: ":8443", tls: a },
      ],
    },
    {
      "0.0.0.0:80": { kind: "redirect", port: 8443 },
      "0.0.0.0:81": { kind: "redirect", port: 443 },
      "127.0.0.1:82": plain,
      "0.0.0.0:8443": secure,
    },
  ],
];

for (const [what, written, receptions] of readings) {
  test(`receptions: ${what}`, () => {
    const result = resolveConfiguration(written, testSurroundings);
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual(result.configuration.traffic.proxy.receptions, receptions);
    assert.deepEqual(
      result.configuration.listeners.map(({ name }) => name),
      Object.keys(receptions),
    );
    assert.deepEqual(result.warnings, []);
  });
}

const hstsCases: [hsts: unknown, value: string | undefined][] = [
  [undefined, undefined],
  [false, undefined],
  [true, "max-age=31536000"],
  ["30d", "max-age=2592000"],
  [60_000, "max-age=60"],
  [{ includeSubDomains: true }, "max-age=31536000; includeSubDomains"],
  [{ maxAge: 0 }, "max-age=0"],
  [
    { maxAge: "730d", includeSubDomains: true, preload: true },
    "max-age=63072000; includeSubDomains; preload",
  ],
];

for (const [hsts, value] of hstsCases) {
  test(`hsts ${JSON.stringify(hsts)} is ${value ?? "not sent"}`, () => {
    const written = { listen: ":443", tls: { ...a, ...(hsts === undefined ? {} : { hsts }) } };
    const result = resolveConfiguration(written, testSurroundings);
    assert.ok(result.ok, JSON.stringify(result));
    const reception = result.configuration.traffic.proxy.receptions?.["0.0.0.0:443"];
    assert.equal(reception?.kind === "https" ? reception.strictTransport : "?", value);
  });
}

/** What is written, and what is said of it. */
const refusals: [unknown, ...RegExp[]][] = [
  [
    { listen: [{ adress: ":1" }] },
    /listen\[0\]\.address: the key "address" is missing/,
    /"adress" is unknown; did you mean "address"\?/,
  ],
  [{ listen: { address: ":1", tsl: a } }, /^listen\.tsl: the key "tsl" is unknown; did you mean "tls"\?$/],
  [{ listen: { address: ":1", tls: { ...a, kye: "x" } } }, /^listen\.tls\.kye: .*did you mean "key"\?$/],
  [{ listen: { address: ":1", tls: { cert: "a.pem" } } }, /^listen\.tls\.key: the key "key" is missing/],
  [{ listen: ":1", tls: {} }, /^tls\.cert: the key "cert" is missing/],
  [{ listen: ":1", tls: [] }, /^tls: the list is empty/],
  [{ listen: ":1", tls: { ...a, certificates: [b] } }, /^tls: choose one of "certificates" and "cert"/],
  [
    { listen: ":1", tls: { ...a, minVersion: "TLSv1.1" } },
    /^tls\.minVersion: .*write "TLSv1.2" or "TLSv1.3"$/,
  ],
  [{ listen: ":1", tls: { cert: "bad.pem", key: "a.key" } }, /^tls\.cert: \/conf\/bad\.pem is bad$/],
  [
    { listen: [":1", { address: ":2", tls: [a, { ...b, key: "bad.key" }] }] },
    /^listen\[1\]\.tls\[1\]\.key: \/conf\/bad\.key is bad$/,
  ],
  [{ listen: ":1", tls: { certificates: [a, { ...b, key: "bad.key" }] } }, /^tls\.certificates\[1\]\.key: /],
  [{ listen: { address: ":1", redirect: "https" } }, /^listen\.redirect: no listener has "tls"; /],
  [{ listen: { address: ":1", redirect: "http" } }, /^listen\.redirect: "http" is not possible here; /],
  [{ listen: { address: ":1", redirect: { port: 0 } } }, /^listen\.redirect\.port: 0 is no port/],
  [
    {
      listen: [
        { address: ":1", redirect: "https" },
        { address: ":0", tls: a },
      ],
    },
    /^listen\[0\]\.redirect: .*only when it is opened/,
  ],
  [
    { listen: { address: ":1", tls: a, redirect: "https" } },
    /^listen: choose one of "tls" and "redirect"/,
    /^listen\.redirect: /,
  ],
  [{ listen: [":1", { address: ":1", tls: a }] }, /^listen\[1\]\.address: 0\.0\.0\.0:1 takes the same port/],
  [{ listen: { address: ":7600", tls: a } }, /^listen\.address: .*same port as control/],
  [{ listen: ":1", tls: { ...a, hsts: "soon" } }, /^tls\.hsts: "soon" is no duration/],
  [
    { listen: ":1", tls: { ...a, hsts: { maxAge: "1d", includeSubDomains: true, preload: true } } },
    /^tls\.hsts: "preload" needs/,
  ],
  [{ services: { web: { tls: { ca: "bad.pem" } } } }, /^services\.web\.tls\.ca: \/conf\/bad\.pem is bad$/],
  [
    { services: { web: { tls: { name: "not a name" } } } },
    /^services\.web\.tls\.name: "not a name" is no host name/,
  ],
  [{ services: { web: { tls: { name: "10.0.0.1" } } } }, /^services\.web\.tls\.name: /],
  [{ services: { web: { tls: { insecureSkipVerify: true, ca: "ca.pem" } } } }, /^services\.web\.tls: choose/],
  [{ services: { web: { tls: { insecure: true } } } }, /^services\.web\.tls\.insecure: .*unknown/],
  [{ services: { web: ["https://a.test:8443"] } }, /without a scheme \("tls": true of the service/],
];

for (const [written, ...expected] of refusals) {
  test(`refused: ${JSON.stringify(written)}`, () => {
    const result = resolveConfiguration(written, testSurroundings);
    assert.ok(!result.ok);
    const found = result.issues.map(({ path, message }) => `${keyText(path)}: ${message}`);
    assert.equal(found.length, expected.length, found.join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? "", pattern);
  });
}

test("the content of a key in place of its path is told to nobody", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  const places: unknown[] = [
    { listen: ":1", tls: { cert: "a.test.pem", key } },
    { listen: ":1", tls: { cert: key, key } },
    { listen: ":1", tls: key },
    { listen: { address: ":1", tls: key } },
    { listen: { address: ":1", redirect: key } },
    { services: { web: { tls: { ca: key } } } },
    { services: { web: { tls: key } } },
  ];
  for (const written of places) {
    const result = resolveConfiguration(written, testSurroundings);
    assert.ok(!result.ok);
    assert.doesNotMatch(JSON.stringify(result.issues), /c2VjcmV0/);
  }
});

/** What is allowed, and may be a mistake. */
const warnings: [unknown, ...RegExp[]][] = [
  [{ listen: ":1", tls: { cert: "old.pem", key: "a.key" } }, /^tls\.cert: \/conf\/old\.pem has expired$/],
  [
    { listen: ":1", tls: [a, { cert: "other/a.test.pem", key: "k" }] },
    /^tls\[1\]\.cert: a\.test stands in \/conf\/a\.test\.pem too/,
  ],
  [{ listen: { address: ":1", tls: false }, tls: a }, /^tls: every listener says something else/],
  [
    { services: { web: { tls: { insecureSkipVerify: true } } } },
    /^services\.web\.tls\.insecureSkipVerify: the workers' certificates are not verified/,
  ],
];

for (const [written, ...expected] of warnings) {
  test(`warned of: ${JSON.stringify(written)}`, () => {
    const result = resolveConfiguration(written, testSurroundings);
    assert.ok(result.ok, JSON.stringify(result));
    const found = result.warnings.map(({ path, message }) => `${keyText(path)}: ${message}`);
    assert.equal(found.length, expected.length, found.join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? "", pattern);
  });
}

test("workers with TLS keep the names that their certificates bear", () => {
  const written = {
    services: {
      web: { workers: ["Web.internal:1", "10.0.0.1:2"], tls: true },
      own: { workers: ["a.internal:1"], tls: { ca: "ca.pem", name: "Own.test" } },
      loud: { workers: ["b.internal:1"], tls: { insecureSkipVerify: true } },
      clear: { workers: ["c.internal:1"], tls: false },
    },
  };
  const result = resolveConfiguration(written, testSurroundings);
  assert.ok(result.ok, JSON.stringify(result));
  const { web, own, loud, clear } = result.configuration.traffic.services;
  assert.deepEqual(web?.tls, { verify: true });
  assert.deepEqual(
    web?.workers.map(({ serverName }) => serverName),
    ["web.internal", undefined],
  );
  const ca = { file: "/conf/ca.pem", digest: "digest of /conf/ca.pem" };
  assert.deepEqual(own?.tls, { ca, serverName: "own.test", verify: true });
  assert.deepEqual(loud?.tls, { verify: false });
  assert.equal(clear?.tls, undefined);
  assert.deepEqual(Object.keys(clear?.workers[0] ?? {}), ["id", "address", "weight"]);
});
