import { answeredHere, get, passed, refused, type RequestCase, type Topic } from "./case.ts";

const badHost = "400 bad-host";
const badPath = "400 bad-path";
const bad = "400 bad-request";

const to = (target: string, host = "a", method = "GET"): string =>
  `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const forms: readonly RequestCase[] = [
  passed("an absolute target of this host", "RFC 9112 3.2.2", to("http://a/x?y"), "/x?y", {
    forwarded: { has: ["Host: a"] },
  }),
  passed("an absolute target with a port", "RFC 9112 3.2.2", to("http://a:81/x", "a:81"), "/x", {
    forwarded: { has: ["Host: a:81"] },
  }),
  passed("an absolute target in other letters", "RFC 9110 4.2.3", to("HTTP://A/x"), "/x"),
  passed("an absolute target without a path", "RFC 9112 3.2.1", to("http://a"), "/"),
  passed("an absolute target with a query only", "RFC 9112 3.2.1", to("http://a?y"), "/?y"),
  refused(
    "an absolute target of another host",
    "RFC 9112 3.2.2",
    to("http://b/"),
    badHost,
    "the RFC lets the target win; whoever checks Host behind us would see another one than we routed by",
  ),
  refused("an absolute target with another port", "RFC 9112 3.2.2", to("http://a:81/"), badHost, "as above"),
  refused(
    "an absolute target that begins with this host's name",
    "CVE-2026-55602",
    to("http://ab/"),
    badHost,
  ),
  refused("an absolute target with user information", "RFC 9110 4.2.4", to("http://u@a/"), badHost),
  refused(
    "an absolute target with user information that looks like the host",
    "RFC 9110 4.2.4",
    to("http://a:80@b/"),
    badHost,
  ),
  refused("an absolute target without a host", "RFC 9110 4.2.1", to("http:///x"), badHost),
  refused("an absolute target of another scheme", "RFC 9112 3.2.2", to("ftp://a/x"), bad),
  refused("an absolute target of a file", "RFC 9112 3.2.2", to("file:///etc/passwd"), bad),
  answeredHere(
    "an https target on a connection without TLS",
    "RFC 9110 7.4",
    to("https://a/x"),
    "421 scheme-refused",
    { why: "the RFC's MUST: what is meant for TLS is not served without" },
  ),
  {
    name: "OPTIONS of the whole server",
    source: "RFC 9112 3.2.4",
    send: to("*", "a", "OPTIONS"),
    client: '200 "OPTIONS *", open',
    worker: ["OPTIONS *"],
  },
  {
    name: "OPTIONS of an absolute target without a path",
    source: "RFC 9112 3.2.4",
    send: to("http://a", "a", "OPTIONS"),
    client: '200 "OPTIONS *", open',
    worker: ["OPTIONS *"],
  },
  {
    name: "OPTIONS of an absolute target with a path",
    source: "RFC 9112 3.2.4",
    send: to("http://a/", "a", "OPTIONS"),
    client: '200 "OPTIONS /", open',
    worker: ["OPTIONS /"],
  },
  refused("an asterisk with GET", "RFC 9112 3.2.4", to("*"), bad),
  refused("CONNECT", "RFC 9110 9.3.6", to("a:80", "a:80", "CONNECT"), "405 method-refused"),
  refused("CONNECT with a path", "RFC 9110 9.3.6", to("/x", "a", "CONNECT"), "405 method-refused"),
  refused("a host and port with GET", "RFC 9112 3.2.3", to("a:80"), bad),
  refused("a target without a slash", "RFC 9112 3.2.1", to("x"), bad),
  refused("a question mark as the target", "RFC 9112 3.2.1", to("?x"), bad),
];

const hosts: readonly RequestCase[] = [
  passed("Host with a port", "RFC 9110 7.2", get().replace("Host: a", "Host: a:8080"), "/", {
    forwarded: { has: ["Host: a:8080", "X-Forwarded-Host: a:8080"] },
  }),
  passed("Host in capitals", "RFC 9110 4.2.3", to("/", "A.Example"), "/", {
    forwarded: { has: ["X-Forwarded-Host: a.example"] },
  }),
  passed("Host as an IPv6 address", "RFC 9110 7.2", to("/", "[::1]:80"), "/"),
  passed("Host after other fields", "RFC 9110 7.2", "GET / HTTP/1.1\r\nX: 1\r\nHost: a\r\n\r\n"),
  passed("Host with an underscore", "RFC 3986 3.2.2", to("/", "a_b.example")),
  refused("no Host", "RFC 9112 3.2", "GET / HTTP/1.1\r\nX: 1\r\n\r\n", badHost),
  refused(
    "no Host in HTTP/1.0",
    "RFC 9112 3.2",
    "GET / HTTP/1.0\r\n\r\n",
    badHost,
    "routes are chosen by it, and whoever is behind us would choose another one",
  ),
  refused("two Hosts", "RFC 9112 3.2", get("Host: b\r\n"), badHost),
  refused("two Hosts that are the same", "RFC 9112 3.2", get("Host: a\r\n"), badHost),
  refused("two Hosts by the case of their names", "RFC 9112 3.2", get("hOST: b\r\n"), badHost),
  refused("an empty Host", "RFC 9112 3.2", to("/", ""), badHost, "no route can be chosen by it"),
  refused("user information in Host", "RFC 9112 3.2", to("/", "u@a"), badHost),
  refused("a path in Host", "RFC 9112 3.2", to("/", "a/b"), badHost),
  refused("a query in Host", "RFC 9112 3.2", to("/", "a?b"), badHost),
  refused("a fragment in Host", "RFC 9112 3.2", to("/", "a#b"), badHost),
  refused("two hosts in Host", "RFC 9112 3.2", to("/", "a, b"), badHost),
  refused("two words in Host", "RFC 9112 3.2", to("/", "a b"), badHost),
  refused("a port in letters", "RFC 9112 3.2", to("/", "a:8x"), badHost),
  refused("a port over 65535", "RFC 9112 3.2", to("/", "a:65536"), badHost),
  refused("a signed port", "RFC 9112 3.2", to("/", "a:+80"), badHost),
  refused("two ports", "RFC 9112 3.2", to("/", "a:80:81"), badHost),
  refused(
    "an empty port",
    "RFC 3986 3.2.3",
    to("/", "a:"),
    badHost,
    "the grammar allows it and nobody sends it",
  ),
  refused("an empty label in Host", "RFC 1034 3.5", to("/", "a..b"), badHost),
  refused(
    "a percent sign in Host",
    "RFC 3986 3.2.2",
    to("/", "a%2eb"),
    badHost,
    "the grammar allows it; names that DNS knows have none, and some would decode it",
  ),
  refused("bytes above 127 in Host", "RFC 3986 3.2.2", to("/", "\xe4"), badHost),
  refused("an open bracket in Host", "RFC 3986 3.2.2", to("/", "[::1"), badHost),
  refused("a zone in an IPv6 address", "RFC 6874 1", to("/", "[fe80::1%25eth0]"), badHost),
  refused("a backslash in Host", "RFC 9112 3.2", to("/", "a\\b"), badHost),
  refused("a URI in Host", "RFC 9112 3.2", to("/", "http://a"), badHost),
];

const refusedPaths: readonly RequestCase[] = (
  [
    ["dot segments", "RFC 3986 5.2.4", "/a/../b"],
    ["dot segments at the end", "RFC 3986 5.2.4", "/a/.."],
    ["a single dot segment", "RFC 3986 5.2.4", "/a/./b"],
    ["encoded dot segments", "Traefik CVE-2026-40912", "/a/%2e%2e/b"],
    ["encoded dot segments in capitals", "Traefik CVE-2026-40912", "/a/%2E%2E/b"],
    ["half encoded dot segments", "Traefik CVE-2026-40912", "/a/.%2e/b"],
    ["dot segments with a parameter", "Tsai, Breaking parser logic 2018", "/a/..;/b"],
    ["dot segments with an encoded parameter", "Tsai, Breaking parser logic 2018", "/a/..%3bx/b"],
    ["dot segments behind an encoded slash", "Traefik CVE-2025-66490", "/a%2f..%2fb"],
    ["a backslash", "RFC 3986 2.2", "/a\\b"],
    ["a backslash with dot segments", "RFC 3986 2.2", "/a\\..\\b"],
    ["an encoded NUL", "RFC 3986 7.3", "/a%00b"],
    ["a percent sign alone", "RFC 3986 2.1", "/a%"],
    ["a percent sign with one digit", "RFC 3986 2.1", "/a%2"],
    ["a percent sign with letters that are no digits", "RFC 3986 2.1", "/a%zz"],
  ] as const
).map(([name, source, target]) => refused(name, source, to(target), badPath));

const paths: readonly RequestCase[] = [
  ...refusedPaths,
  ...(
    [
      ["an encoded slash where no route allows it", "/a%2fb"],
      ["an encoded slash in capitals", "/a%2Fb"],
      ["an encoded backslash", "/a%5cb"],
    ] as const
  ).map(([name, target]) => answeredHere(name, "Envoy CVE-2021-29492", to(target), badPath)),
  passed(
    "an encoded slash where the route allows it",
    "RFC 3986 2.2",
    to("/slashes/a%2Fb"),
    "/slashes/a%2Fb",
  ),
  refused("a fragment in the target", "CVE-2023-45539", to("/a#b"), bad),
  refused("bytes above 127 in the target", "RFC 3986 2", to("/\xe4"), bad),
  refused("a blank in the target", "RFC 9112 3.2", to("/a b"), bad),
  ...(
    [
      ["dots that are no segment", "RFC 3986 3.3", "/a..b/.../.x/..x"],
      ["two slashes", "RFC 3986 3.3", "//a//b"],
      ["an encoded percent sign is decoded by nobody", "RFC 3986 2.4", "/a%252e%252e%252fb"],
      ["an encoded letter stays encoded", "RFC 3986 6.2.2.2", "/%61?%61"],
      ["parameters of a segment", "RFC 3986 3.3", "/a;b=c,d/e"],
      ["anything in the query", "RFC 3986 3.4", "/a?../../%00%zz\\?/%2f"],
      ["an overlong spelling of a dot is data", "RFC 3629 10", "/%c0%ae%c0%ae/a"],
      ["a path that looks like a URI", "RFC 9112 3.2.1", "/http://b/"],
      ["signs that a URI should not have", "RFC 3986 2", '/"<>^`{|}'],
    ] as const
  ).map(([name, source, target]) => passed(name, source, to(target), target)),
];

export const routing: readonly Topic<RequestCase>[] = [
  {
    title: "forms of the target",
    why: "the worker must see the host and the path that the route was chosen by",
    cases: forms,
  },
  { title: "Host", why: "routes are chosen by it: only what DNS or an address can be", cases: hosts },
  {
    title: "paths",
    why: "routes are chosen by the bytes of the path; whoever decodes or tidies it later would go elsewhere",
    cases: paths,
  },
];
