import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import type { SkeinError } from "../../protocol/error.ts";
import { client, ServiceClient } from "./client.ts";
import { clientSettings } from "./client-options.ts";
import { TestingPlace } from "./testing-place.ts";

test(
  "by TLS: one who shows a certificate is asked, one who cannot be trusted gets nothing",
  { skip: noOpenssl },
  async (t) => {
    const authority = new TestAuthority(t);
    const place = await TestingPlace.start(t, "secure", authority.issue(["localhost"]));
    const gateways = `https://localhost:${place.port}`;
    const trusting = client("orders", { gateways, tls: { ca: readFileSync(authority.ca) } });
    t.after(() => trusting.close());
    // Who answers is known by the endpoint's name, whatever Host the request bears.
    for (const options of [{}, { method: "POST" }, { headers: { host: "elsewhere.example.com" } }])
      assert.equal(await (await trusting.fetch("/", options)).text(), "secure");
    assert.equal(place.connections, 1);
    const strange = client("orders", { gateways });
    t.after(() => strange.close());
    await assert.rejects(strange.fetch("/", { method: "POST" }), (error: SkeinError) => {
      assert.equal(error.code, "gateway-unreachable");
      assert.match(String((error.cause as NodeJS.ErrnoException).code), /CERT|SIGNATURE/);
      return true;
    });
    assert.equal(place.asked.length, 3);
  },
);

test(
  "with `host`, a probe asks by the same name as requests do: a slow gateway keeps its requests",
  { skip: noOpenssl },
  async (t) => {
    const files = new TestAuthority(t);
    const issued = files.issue(["orders.example.com"]);
    const [one, other] = [
      await TestingPlace.start(t, "one", issued),
      await TestingPlace.start(t, "other", issued),
    ];
    const hosts = new Set<string | undefined>();
    for (const place of [one, other])
      place.answer = (request, response) => {
        hosts.add(request.headers.host);
        setTimeout(() => response.end(place.name), 900);
      };
    const gateways = [one, other].map(({ address }) => `https://${address}`);
    const orders = client("orders", {
      gateways,
      host: "orders.example.com:8443",
      tls: { ca: files.caText },
    });
    t.after(() => orders.close());
    await (await orders.fetch("/")).text();
    assert.deepEqual([...hosts], ["orders.example.com:8443"]);
    assert.equal(one.asked.length + other.asked.length, 1);
    assert.ok(orders.endpoints.every(({ avoided }) => !avoided));
  },
);

test("SKEIN_CA vouches for the controllers at which workers are found", { skip: noOpenssl }, async (t) => {
  const authority = new TestAuthority(t);
  const environment = await controllerOf(t, authority);
  const knowing = new ServiceClient(clientSettings("orders", {}, { ...environment, SKEIN_CA: authority.ca }));
  t.after(() => knowing.close());
  assert.equal(await (await knowing.fetch("/")).text(), "worker");
  const missing = { ...environment, SKEIN_CA: `${authority.ca}.none` };
  assert.throws(() => clientSettings("orders", {}, missing), /there is no file/);
});

test("the authority in the state directory may come after the client", { skip: noOpenssl }, async (t) => {
  const authority = new TestAuthority(t);
  const state = mkdtempSync(join(tmpdir(), "skein-client-tls-"));
  t.after(() => rmSync(state, { recursive: true }));
  const environment = { ...(await controllerOf(t, authority)), SKEIN_STATE: state };
  const orders = new ServiceClient(clientSettings("orders", {}, environment));
  t.after(() => orders.close());
  await assert.rejects(orders.fetch("/"), /^SkeinError: gateway-unreachable: .*(CERT|SIGNATURE)/);
  mkdirSync(join(state, "tls"));
  writeFileSync(join(state, "tls", "ca.pem"), authority.caText);
  const givenUpAt = performance.now() + 20_000;
  while (orders.endpoints.length === 0) {
    if (performance.now() > givenUpAt) throw new Error("the controller is not trusted");
    await new Promise((done) => setImmediate(done));
  }
  assert.equal(await (await orders.fetch("/")).text(), "worker");
});

/** A controller that tells of one worker, by TLS; what the environment says of it. */
async function controllerOf(t: TestContext, authority: TestAuthority): Promise<{ SKEIN_CONTROL: string }> {
  const control = await TestingPlace.start(t, "control", authority.issue(["localhost"]));
  const worker = await TestingPlace.start(t, "worker");
  control.answer = (_request, response) => {
    const workers = [{ id: "1", address: worker.address, state: "live", weight: 1 }];
    const frame = { kind: "full", v: 1, service: "orders", settled: true, secure: false, workers };
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.write(`${JSON.stringify(frame)}\n`);
  };
  return { SKEIN_CONTROL: `https://localhost:${control.port}` };
}
