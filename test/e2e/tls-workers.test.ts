import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type IssuedFiles, noOpenssl, TestAuthority } from "../certificates.ts";
import { eventually, TestGateway } from "./harness.ts";

const skip = noOpenssl;

/** An HTTPS worker in this process that answers with its name, and keeps the hosts that it was asked for. */
async function secureWorker(context: TestContext, files: IssuedFiles, name: string) {
  const asked: string[] = [];
  const options = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const server = createServer(options, (request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    request.resume();
    response.end(name);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

async function statesOf(gateway: TestGateway): Promise<Record<string, string>> {
  const answer = await fetch(`${gateway.controlUrl}/v1/workers`);
  const { workers } = (await answer.json()) as { workers: { id: string; state: string }[] };
  return Object.fromEntries(workers.map(({ id, state }) => [id, state]));
}

test(
  "workers by TLS: checks and requests reach those that can be trusted, and no others",
  { skip },
  async (context) => {
    const authority = new TestAuthority(context);
    const good = await secureWorker(context, authority.issue(["localhost"]), "good");
    const impostor = await secureWorker(context, authority.selfSigned("localhost"), "impostor");
    const stranger = await secureWorker(context, authority.issue(["other.test"]), "stranger");
    const workers = [good, impostor, stranger].map(({ port }) => `localhost:${port}`);
    const service = (more: Record<string, unknown>): Record<string, unknown> => ({
      services: { web: { workers, check: { http: "/healthz", every: "100ms" }, ...more } },
    });
    const ca = join(authority.directory, "trusted.pem");
    copyFileSync(authority.ca, ca);
    const gateway = await TestGateway.start(context, { configuration: service({ tls: { ca } }) });
    await eventually(
      async () => ((await statesOf(gateway))[workers[0] ?? ""] === "live" ? true : undefined),
      () => "the good one to be live",
    );
    for (let round = 0; round < 30; round += 1) assert.equal(await (await fetch(gateway.url)).text(), "good");
    assert.ok(good.asked.includes(`localhost:${good.port} /healthz`));
    assert.deepEqual([impostor.asked, stranger.asked], [[], []]);
    await eventually(
      () => (/could not show by TLS.*/.test(gateway.log()) ? true : undefined),
      () => "the log to say why",
    );
    assert.match(gateway.log(), /DEPTH_ZERO_SELF_SIGNED_CERT/);
    assert.match(gateway.log(), /ERR_TLS_CERT_ALTNAME_INVALID/);

    // Trusting another authority by a reload takes the good one out, and the same again brings it back.
    copyFileSync(new TestAuthority(context).ca, ca);
    await gateway.reload();
    await eventually(
      async () => ((await fetch(gateway.url)).status === 503 ? true : undefined),
      () => "nobody to be trusted",
    );
    copyFileSync(authority.ca, ca);
    await gateway.reload();
    await eventually(
      async () => ((await fetch(gateway.url)).status === 200 ? true : undefined),
      () => "the good one to be back",
    );
    assert.deepEqual([impostor.asked, stranger.asked], [[], []]);

    // Only when it is asked for, and then with a warning at each turn.
    gateway.configure(service({ tls: { insecureSkipVerify: true } }));
    const { configuration } = await gateway.reload();
    assert.match(configuration.warnings?.[0] ?? "", /services\.web\.tls\.insecureSkipVerify: .*not verified/);
    await eventually(
      async () =>
        Object.values(await statesOf(gateway)).every((state) => state === "live") ? true : undefined,
      () => "all three to be taken",
    );
  },
);
