import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrafficConfiguration } from "../protocol/configuration.ts";
import type { CertificateState, SupervisorFrame, TicketKey } from "../protocol/supervision.ts";
import { ticketKeyMs } from "../runtime/ticket-key.ts";
import { ProxyTls } from "./proxy-tls.ts";

/** A proxy that keeps what it is told. */
class Listening {
  readonly keys: TicketKey[] = [];

  send(frame: SupervisorFrame): void {
    if (frame.t === "ticket-key") this.keys.push(frame.ticketKey);
  }

  get key(): TicketKey | undefined {
    return this.keys.at(-1);
  }
}

test("every proxy gets the same key, of 48 bytes; who has it is not told again", () => {
  const tls = new ProxyTls();
  const [one, two] = [new Listening(), new Listening()];
  tls.greet("proxy-1", one, undefined, 5);
  tls.greet("proxy-2", two, undefined, 6);
  assert.equal(Buffer.from(one.key?.key ?? "", "base64").length, 48);
  assert.equal(one.key?.bornAt, 5);
  assert.deepEqual(two.keys, one.keys);
  tls.greet("proxy-1", one, one.key, 7);
  assert.equal(one.keys.length, 1);
});

test("a supervisor that follows another one learns the key from who has it, and hands it on", () => {
  const before = new ProxyTls();
  const old = new Listening();
  before.greet("proxy-1", old, undefined, 1);
  const after = new ProxyTls();
  const [kept, fresh] = [new Listening(), new Listening()];
  after.greet("proxy-1", kept, old.key, 100);
  after.greet("proxy-3", fresh, undefined, 101);
  assert.deepEqual(kept.keys, []);
  assert.deepEqual(fresh.key, old.key);
});

test("a younger key that comes later goes to all", () => {
  const tls = new ProxyTls();
  const [one, two] = [new Listening(), new Listening()];
  tls.greet("proxy-1", one, { key: "old", bornAt: 1 }, 10);
  tls.greet("proxy-2", two, { key: "young", bornAt: 2 }, 11);
  assert.equal(one.key?.key, "young");
  const third = new Listening();
  tls.greet("proxy-3", third, { key: "old", bornAt: 1 }, 12);
  assert.equal(third.key?.key, "young");
});

test("the key is changed in time, for those that are connected", () => {
  const tls = new ProxyTls();
  const [one, two] = [new Listening(), new Listening()];
  tls.tick(0);
  tls.greet("proxy-1", one, undefined, 0);
  tls.greet("proxy-2", two, undefined, 0);
  tls.lost("proxy-2");
  tls.tick(ticketKeyMs - 1);
  assert.equal(one.keys.length, 1);
  tls.tick(ticketKeyMs);
  assert.equal(one.keys.length, 2);
  assert.notEqual(one.keys[0]?.key, one.keys[1]?.key);
  assert.equal(two.keys.length, 1);
});

test("what the proxies made of the certificates, also of one that is not connected just now", () => {
  const files = { cert: "/a.pem", key: "/a.key", digest: "1" };
  const https = { kind: "https", certificates: [files, files], minVersion: "TLSv1.2" };
  const traffic = {
    proxy: { receptions: { a: https, b: { kind: "http" } } },
  } as unknown as TrafficConfiguration;
  const state: CertificateState = {
    file: "/a.pem",
    wanted: "1",
    digest: "1",
    names: [],
    notAfter: 1,
    fault: null,
  };
  const tls = new ProxyTls();
  tls.greet("proxy-1", new Listening(), undefined, 0);
  tls.heard("proxy-1", [state]);
  tls.lost("proxy-1");
  assert.deepEqual(tls.certificates(traffic, ["proxy-1", "proxy-2"]), [
    {
      file: "/a.pem",
      digest: "1",
      proxies: [
        { name: "proxy-1", state },
        { name: "proxy-2", state: null },
      ],
    },
  ]);
  tls.gone("proxy-1");
  assert.equal(tls.certificates(traffic, ["proxy-1"])[0]?.proxies[0]?.state, null);
});
