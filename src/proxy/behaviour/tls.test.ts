import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { noOpenssl } from "../../../test/certificates.ts";
import { connectTo, until } from "../testing/testing-peers.ts";
import { secureReception, shakeHands, startTlsProxy } from "../testing/testing-tls.ts";

const skip = noOpenssl;
const getFrom = (host: string): string => `GET /a?b=1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const get = getFrom("localhost");

test("a request over TLS is forwarded; the worker learns that it was https", { skip }, async (context) => {
  const { shake, worker1, proxy } = await startTlsProxy(context);
  const me = await shake();
  for (const body of ["first", "second"]) {
    me.send(get);
    const worker = body === "first" ? await worker1.connection() : worker1.connections[0]!;
    const head = await worker.head();
    assert.match(head, /X-Forwarded-For: 127\.0\.0\.1\r\nX-Forwarded-Proto: https\r\n/);
    assert.match(head, /Forwarded: for=127\.0\.0\.1;host="localhost";proto=https\r\n/);
    worker.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const answer = await me.message();
    assert.equal(answer.body, body);
    assert.doesNotMatch(answer.head, /strict-transport-security/i);
  }
  assert.equal(worker1.connections.length, 1);
  const { tls, connections } = proxy.report();
  assert.deepEqual([tls?.handshakes, tls?.resumed, tls?.pending], [1, 0, 0]);
  assert.deepEqual([connections.open, connections.accepted], [1, 1]);
});

test(
  "each name gets its certificate; none, and one that nobody has, the first",
  { skip },
  async (context) => {
    const { shake } = await startTlsProxy(context, (authority) =>
      secureReception([
        authority.issue(["first.test"]),
        authority.issue(["second.test", "*.second.test"]),
        authority.issue(["api.second.test"], { key: "rsa" }),
      ]),
    );
    const shownFor = async (servername: string): Promise<string> =>
      (await shake({ servername, checkServerIdentity: () => undefined })).shown;
    assert.equal(await shownFor("first.test"), "DNS:first.test");
    assert.equal(await shownFor("SECOND.test"), "DNS:second.test, DNS:*.second.test");
    assert.equal(await shownFor("www.second.test"), "DNS:second.test, DNS:*.second.test");
    assert.equal(await shownFor("api.second.test"), "DNS:api.second.test");
    assert.equal(await shownFor("a.www.second.test"), "DNS:first.test");
    assert.equal(await shownFor(""), "DNS:first.test");
  },
);

test("a request for another host than the handshake named: 421", { skip }, async (context) => {
  const { shake, worker1, receive, authority } = await startTlsProxy(context, (authority) =>
    secureReception([authority.issue(["localhost", "other.test"])]),
  );
  worker1.answerAll("ok");
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const me = await shake({ maxVersion });
    me.send(getFrom("LOCALHOST:8443"));
    assert.match((await me.message()).head, /^HTTP\/1\.1 200 /);
    me.send(getFrom("other.test"));
    assert.match(
      await me.head(),
      /^HTTP\/1\.1 421 Misdirected Request\r\n[^]*x-skein-reason: misdirected\r\n/,
    );
    await me.gone();
    await until(() => me.session !== undefined, "a ticket");
    const again = await shake({ maxVersion, session: me.session! });
    assert.equal(again.secure.isSessionReused(), true);
    again.send(getFrom("other.test"));
    assert.match(await again.head(), /^HTTP\/1\.1 421 /, "also where a session is resumed");
  }
  const nameless = await shake({ servername: "", checkServerIdentity: () => undefined });
  nameless.send(getFrom("other.test"));
  assert.match((await nameless.message()).head, /^HTTP\/1\.1 200 /);

  receive(secureReception([authority.issue(["localhost"])]), { proxy: { trustedProxies: ["127.0.0.1"] } });
  const front = await shake();
  front.send(getFrom("other.test"));
  assert.match((await front.message()).head, /^HTTP\/1\.1 200 /, "a trusted proxy in front");
});

test("an absolute target with https is meant for a listener with TLS", { skip }, async (context) => {
  const { shake, worker1 } = await startTlsProxy(context);
  const me = await shake();
  me.send("GET https://localhost/a?b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const worker = await worker1.connection();
  assert.match(await worker.head(), /^GET \/a\?b HTTP\/1\.1\r\n/);
});

test(
  "old versions, foreign protocols and ciphers are refused, and counted by cause",
  { skip },
  async (context) => {
    const { securePort, authority, proxy, shake } = await startTlsProxy(context);
    const refused = async (options: Parameters<typeof shakeHands>[1]): Promise<string | undefined> => {
      const peer = shakeHands(securePort, { ca: authority.caText, ...options });
      await until(() => peer.closed, "the end of a refused handshake");
      return peer.error?.code;
    };
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    assert.equal(await refused(old), "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    assert.equal(await refused({ ALPNProtocols: ["h2"] }), "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
    const ciphers = { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" } as const;
    assert.match((await refused(ciphers)) ?? "", /ALERT_HANDSHAKE_FAILURE/, "the certificate is not RSA");
    await until(() => proxy.report().tls?.pending === 0, "all to be over");
    const { handshakes, failed } = proxy.report().tls!;
    assert.deepEqual({ handshakes, ...failed }, { handshakes: 0, version: 1, protocol: 1, cipher: 1 });
    const me = await shake({ ALPNProtocols: ["h2", "http/1.1"] });
    assert.equal(me.secure.alpnProtocol, "http/1.1");
    assert.equal(proxy.report().connections.open, 1);
  },
);

test("TLS 1.3 alone, where it is asked for", { skip }, async (context) => {
  const { securePort, shake, authority } = await startTlsProxy(context, (authority) =>
    secureReception([authority.issue(["localhost"])], { minVersion: "TLSv1.3" }),
  );
  const peer = shakeHands(securePort, { ca: authority.caText, maxVersion: "TLSv1.2" });
  await until(() => peer.closed, "the end of a refused handshake");
  assert.equal(peer.error?.code, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
  assert.equal((await shake()).secure.getProtocol(), "TLSv1.3");
});

test("a client may not renegotiate", { skip }, async (context) => {
  const { shake, worker1 } = await startTlsProxy(context);
  worker1.answerAll("ok");
  const me = await shake({ maxVersion: "TLSv1.2" });
  me.send(get);
  assert.equal((await me.message()).body, "ok");
  me.secure.renegotiate({}, () => {});
  await until(() => me.error !== undefined, "the refusal");
  assert.match(me.error?.code ?? "", /NO_RENEGOTIATION/);
});

test("a request in clear: a short 400; what is neither TLS nor HTTP: an end", { skip }, async (context) => {
  const { securePort, proxy } = await startTlsProxy(context);
  const me = await connectTo(securePort);
  me.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`);
  const answer = await me.message();
  assert.match(
    answer.head,
    /^HTTP\/1\.1 400 Bad Request\r\n[^]*x-skein-reason: plain-http\r\n[^]*Connection: close\r\n/,
  );
  assert.equal((JSON.parse(answer.body) as { code: string }).code, "plain-http");
  await me.gone();
  me.close();
  const other = await connectTo(securePort);
  other.send("\0\0\0\0");
  await until(() => other.closed, "the end");
  assert.equal(other.receivedBytes, 0);
  await until(() => proxy.report().connections.open === 0, "both to be gone");
  const { tls, problems } = proxy.report();
  assert.deepEqual(tls?.failed, { "plain-http": 1, "not-tls": 1 });
  assert.equal(problems["plain-http"], 1);
});

test("a hello that comes byte by byte is taken", { skip }, async (context) => {
  const { securePort, worker1, proxy } = await startTlsProxy(context);
  worker1.answerAll("ok");
  const { duplexPair } = await import("node:stream");
  const { connect } = await import("node:tls");
  const [near, far] = duplexPair();
  const transport = await connectTo(securePort);
  const secure = connect({ socket: near, servername: "localhost", rejectUnauthorized: false });
  let first = true;
  const relay = async (): Promise<void> => {
    for await (const chunk of far as AsyncIterable<Buffer>) {
      if (!first) transport.send(chunk);
      for (const byte of first ? chunk : []) {
        transport.send(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      first = false;
    }
  };
  void relay();
  transport.socket.on("data", (chunk: Buffer) => far.write(chunk));
  await once(secure, "secureConnect");
  secure.write(get);
  const [answer] = (await once(secure, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
  assert.equal(proxy.report().tls?.handshakes, 1);
  transport.close();
});

test(
  "a hello in more records than are read ends before it could get another host's certificate",
  { skip },
  async (context) => {
    const { proxy, securePort } = await startTlsProxy(context);
    const me = await connectTo(securePort);
    context.after(() => me.close());
    const part = Buffer.from([22, 3, 1, 0, 1, 0]);
    const begin = Buffer.from([22, 3, 1, 0, 4, 1, 0, 2, 0]);
    me.send(Buffer.concat([begin, ...Array.from({ length: 64 }, () => part)]));
    await me.gone();
    assert.equal(me.receivedBytes, 0);
    assert.equal(proxy.report().tls?.failed["invalid"], 1);
  },
);
