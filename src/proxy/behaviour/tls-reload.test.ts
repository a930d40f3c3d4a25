import assert from "node:assert/strict";
import { test } from "node:test";
import { noOpenssl, type TestAuthority } from "../../../test/certificates.ts";
import type { Reception } from "../../protocol/configuration.ts";
import { connectTo, until } from "../testing/testing-peers.ts";
import { secureReception, shakeHands, startTlsProxy, type TlsTestProxy } from "../testing/testing-tls.ts";

const skip = noOpenssl;
const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/** Files that are not there. */
const missing = { cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" };

async function shownFor({ shake }: TlsTestProxy, servername: string): Promise<string> {
  return (await shake({ servername, checkServerIdentity: () => undefined })).shown;
}

test("a certificate that cannot be used keeps none of the others from serving", { skip }, async (context) => {
  const two = (authority: TestAuthority): Reception =>
    secureReception([missing, authority.issue(["good.test"])]);
  const proxy = await startTlsProxy(context, two);
  assert.equal(await shownFor(proxy, "good.test"), "DNS:good.test");
});

test(
  "what cannot be used leaves what was there; everything else of a new table counts at once",
  { skip },
  async (context) => {
    const proxy = await startTlsProxy(context, (authority) =>
      secureReception([authority.issue(["a.test"]), authority.issue(["b.test"])]),
    );
    const { authority, securePort } = proxy;
    const fresh = authority.issue(["a.test", "fresh.test"]);
    await proxy.shake({ maxVersion: "TLSv1.2", checkServerIdentity: () => undefined });
    for (const files of [[fresh, missing], [missing]]) {
      proxy.receive(secureReception(files, { minVersion: "TLSv1.3" }));
      assert.equal(await shownFor(proxy, "a.test"), "DNS:a.test, DNS:fresh.test");
      assert.equal(await shownFor(proxy, "b.test"), "DNS:b.test");
      const old = shakeHands(securePort, { ca: authority.caText, maxVersion: "TLSv1.2" });
      await until(() => old.closed, "the end of a refused handshake");
      assert.equal(old.error?.code, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    }
    proxy.receive(secureReception([fresh]));
    assert.equal(await shownFor(proxy, "b.test"), "DNS:a.test, DNS:fresh.test", "all fit: no others stay");
  },
);

for (const next of ["https", "redirect"] as const) {
  test(
    `a listener that becomes ${next}: clear connections from before end, after the answer under way`,
    { skip },
    async (context) => {
      const proxy = await startTlsProxy(context, () => ({ kind: "http" }));
      const connections = Array.from({ length: 4 }, () => connectTo(proxy.securePort));
      const [busy, idle, begun, ahead] = await Promise.all(connections);
      const other = await proxy.client();
      for (const peer of [busy!, idle!, begun!, ahead!, other]) context.after(() => peer.close());
      idle!.send(get);
      const first = await proxy.worker1.connection();
      await first.head();
      first.send(answer);
      await idle!.message();
      busy!.send(get);
      const worker = proxy.worker1.connections[0]!;
      await worker.head();
      ahead!.send(get + get);
      begun!.send("GET / HTTP/1.1\r\n");
      await until(() => proxy.worker1.connections.length === 2, "the second request");
      const behind = proxy.worker1.connections[1]!;
      await behind.head();
      proxy.receive(
        next === "https"
          ? secureReception([proxy.authority.issue(["localhost"])])
          : { kind: "redirect", port: 443 },
      );
      await idle!.gone();
      proxy.worker1.answerAll("ok");
      begun!.send("Host: localhost\r\n\r\n");
      worker.send(answer);
      behind.send(answer);
      for (const peer of [busy!, ahead!]) {
        assert.match((await peer.message()).head, /^HTTP\/1\.1 200 /);
        await peer.gone();
        assert.equal(peer.received, "", "nothing of what was asked ahead");
      }
      await begun!.gone();
      other.send(get);
      assert.match((await other.message()).head, /^HTTP\/1\.1 200 /, "another listener's");
      other.send(get);
      await other.message();
    },
  );
}
