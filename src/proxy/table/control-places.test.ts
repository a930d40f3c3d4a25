import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { issueCertificate, makeAuthority } from "../../authority/authority.ts";
import { placesElsewhere } from "./control-places.ts";

const month = { now: Date.now(), days: 30 };

test("a controller elsewhere is asked with the token, over TLS that its authority vouches for", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-places-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const [tokenFile, caFile] = [join(directory, "token"), join(directory, "ca.pem")];
  const authority = makeAuthority("a", month);
  const server = createServer(issueCertificate(authority, ["127.0.0.1"], month), (request, response) => {
    response.end(`${request.method} ${request.url} ${request.headers.authorization}`);
  });
  server.on("tlsClientError", () => {});
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [place] = await placesElsewhere({ urls: [url], tokenFile, caFile })();
  const ask = async (): Promise<string> => {
    const outgoing = place!.request({ path: "/v1/x", agent: false }).end();
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of answer) text += String(chunk);
    return text;
  };
  writeFileSync(tokenFile, "first\n");
  await assert.rejects(ask(), /certificate/);
  writeFileSync(caFile, authority.cert);
  assert.equal(await ask(), "GET /v1/x Bearer first");
  writeFileSync(tokenFile, "second\n");
  assert.equal(await ask(), "GET /v1/x Bearer second");
});

test("a token's file with more than a token in it is an error of the request, not of the process", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-places-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const [tokenFile, caFile] = [join(directory, "token"), join(directory, "ca.pem")];
  const [place] = await placesElsewhere({ urls: ["http://127.0.0.1:1"], tokenFile, caFile })();
  for (const text of ["first\nsecond\n", "first second", "tök€n", "a\0b"]) {
    writeFileSync(tokenFile, text);
    const outgoing = place!.request({ path: "/v1/x", agent: false }).end();
    await assert.rejects(once(outgoing, "response"), /token holds is no join token/);
  }
});

for (const [what, put, fault] of [
  ["empty", (file) => writeFileSync(file, ""), /ca\.pem holds no certificate/],
  [
    "no certificate",
    (file) => writeFileSync(file, "-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n"),
    /certificate 1 in .*ca\.pem cannot be read/,
  ],
  ["a directory", (file) => mkdirSync(file), /ca\.pem is not a file/],
  ["a link to nothing", (file) => symlinkSync(`${file}.new`, file), /there is no file .*ca\.pem/],
] as [what: string, put: (file: string) => void, fault: RegExp][]) {
  test(`an authority's file that is ${what} is an error that names it, and vouches for nobody: the token is not told`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "skein-places-"));
    const systems = getCACertificates("default");
    t.after(() => {
      setDefaultCACertificates(systems);
      rmSync(directory, { recursive: true });
    });
    const [tokenFile, caFile] = [join(directory, "token"), join(directory, "ca.pem")];
    const known = makeAuthority("known to the system", month);
    const heard: unknown[] = [];
    const server = createServer(issueCertificate(known, ["127.0.0.1"], month), (request, response) => {
      heard.push(request.headers.authorization);
      response.end();
    });
    server.on("tlsClientError", () => {});
    t.after(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    setDefaultCACertificates([known.cert]);
    writeFileSync(tokenFile, "secret");
    put(caFile);
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [place] = await placesElsewhere({ urls: [url], tokenFile, caFile })();
    const outgoing = place!.request({ path: "/v1/x", agent: false }).end();
    await assert.rejects(once(outgoing, "response"), fault);
    assert.deepEqual(heard, []);
  });
}
