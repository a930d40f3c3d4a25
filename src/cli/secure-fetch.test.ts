import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import { ControlClient } from "./control-client.ts";
import { Failure } from "./failure.ts";
import { openTestingControl } from "./testing-control.ts";

const month = { now: Date.now(), days: 30 };

/** A control API with TLS that tells what it was asked. */
async function setUp(t: TestContext): Promise<{ control: string; ca: string; other: string }> {
  const directory = mkdtempSync(join(tmpdir(), "skein-secure-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const [authority, stranger] = [makeAuthority("a", month), makeAuthority("b", month)];
  const [ca, other] = [join(directory, "ca.pem"), join(directory, "other.pem")];
  writeFileSync(ca, authority.cert);
  writeFileSync(other, stranger.cert);
  const server = createServer(issueCertificate(authority, ["127.0.0.1"], month), (request, response) => {
    let body = "";
    request.on("data", (data: Buffer) => (body += data.toString()));
    request.on("end", () => {
      const { method, url, headers } = request;
      const problem = url === "/v1/none";
      response.writeHead(problem ? 404 : 200, { "content-type": "application/json" });
      const asked = { method, url, authorization: headers.authorization, body };
      response.end(JSON.stringify(problem ? { code: "not-found", title: "There is no such thing" } : asked));
    });
  });
  server.on("tlsClientError", () => {});
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { control: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca, other };
}

test("a control API with TLS is asked as any other, by who trusts its authority", async (t) => {
  const { control, ca } = await setUp(t);
  const client = new ControlClient({ control, ca, token: "secret" });
  const authorization = "Bearer secret";
  assert.deepEqual(await client.get("/v1/x"), { method: "GET", url: "/v1/x", authorization, body: "" });
  const changed = await client.change("/v1/y", { a: 1 });
  assert.deepEqual(changed, { method: "POST", url: "/v1/y", authorization, body: '{"a":1}' });
  await assert.rejects(client.get("/v1/none"), /no such thing/);
  const stream = client.stream("/v1/events", { "last-event-id": "7" }, new AbortController().signal, 5_000);
  assert.match(Buffer.from((await stream.next()).value ?? []).toString(), /"url":"\/v1\/events"/);
});

test("an authority that did not issue its certificate is told, and nothing is sent", async (t) => {
  const { control, other } = await setUp(t);
  await assert.rejects(
    new ControlClient({ control, ca: other, token: "secret" }).get("/v1/x"),
    /answers, but its certificate is not trusted \([A-Z_]*(SIGNATURE|CERT|ISSUER|UNABLE)[A-Z_]*\): give .* by --ca or SKEIN_CA$/,
  );
});

test("whoever speaks the other of http and https is told as that, and not as nobody", async (t) => {
  const { control: secure, ca } = await setUp(t);
  const plain = await openTestingControl(() => undefined);
  t.after(() => plain.close());
  const asked = (control: string): Promise<unknown> => new ControlClient({ control, ca }).get("/v1/x");
  await assert.rejects(asked(`https://${plain.address}`), /answers, but does not speak TLS .*EPROTO/);
  await assert.rejects(asked(secure.replace("https:", "http:")), /if TLS is spoken there, say https:\/\/$/);
});

test("an authority that was named and is not there is told: the system's do not count in its place", async (t) => {
  const { control, ca } = await setUp(t);
  const client = new ControlClient({ control, ca: `${ca}.none`, token: "secret" });
  await assert.rejects(
    client.get("/v1/x"),
    (error) => error instanceof Failure && /ca\.pem\.none/.test(error.message),
  );
});
