import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect } from "node:tls";
import type { RoutingTable } from "../../src/protocol/routing-table.ts";
import { type IssuedFiles, noOpenssl, TestAuthority } from "../certificates.ts";
import { EtcdCluster, missingEtcd } from "../etcd/etcd-cluster.ts";
import { configurationWith, read, untilLeader } from "../etcd/two-gateways.ts";
import { allReady, eventually, startPlainWorker, TestGateway } from "./harness.ts";
import { put } from "./secure-gateway.ts";

const notLinux = process.platform !== "linux" && "hosts are told apart by /proc/self";
// The same path at every host, and another file at each: of the directory that the gateway runs in.
const files = { cert: "/proc/self/cwd/cert.pem", key: "/proc/self/cwd/key.pem" };

/** A host with a listener with TLS; the first to come leads. */
class SecureHost {
  readonly gateway: TestGateway;
  readonly #ca: string;

  constructor(t: TestContext, configuration: object, ca: string) {
    const listen = { address: "127.0.0.1:0", tls: files };
    this.gateway = TestGateway.prepare(t, { configuration: { listen, ...configuration } });
    this.#ca = ca;
  }

  async up(): Promise<void> {
    this.gateway.up();
    await this.gateway.until("every process is ready", allReady);
    await untilLeader(this.gateway, () => true);
  }

  put(issued: IssuedFiles): void {
    const { directory } = this.gateway;
    put(issued, { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") });
  }

  /** Names of the certificate that a new client is shown. */
  async shown(): Promise<string> {
    const [host = "", port] = this.gateway.file().listen[0]!.split(":");
    const secure = connect({ host, port: Number(port), servername: "localhost", ca: this.#ca });
    await once(secure, "secureConnect");
    const names = secure.getPeerX509Certificate()?.subjectAltName ?? "";
    secure.destroy();
    return names;
  }

  /** `skein reload`: its exit code, what a new client is shown then, and, where it failed, the log. */
  async reload(): Promise<[code: number, shown: string, log: string]> {
    const [code] = (await once(this.gateway.skein(["reload"]), "exit")) as [number];
    return [code, await this.shown(), code === 0 ? "" : this.gateway.log()];
  }

  /** Until it has heard of a configuration that is so new. */
  untilRevision(revision: number): Promise<true> {
    return eventually(
      async () =>
        (await read<RoutingTable>(this.gateway, "/v1/routing-table")).revision === revision || undefined,
      () => `revision ${revision}`,
    );
  }
}

const skip = notLinux || noOpenssl || missingEtcd();

test("each of two hosts takes its own renewed certificate, whichever of them leads", { skip }, async (t) => {
  const cluster = await EtcdCluster.start();
  t.after(() => cluster.end());
  const authority = new TestAuthority(t);
  const issued = (name: string): IssuedFiles => authority.issue(["localhost", name]);
  const { address } = await startPlainWorker(t);
  const configuration = configurationWith(cluster, address);
  const a = new SecureHost(t, configuration, authority.caText);
  const b = new SecureHost(t, configuration, authority.caText);
  const first = issued("first");
  for (const host of [a, b]) {
    host.put(first);
    await host.up();
  }
  const shown = async (): Promise<string[]> => [await a.shown(), await b.shown()];
  const names = (name: string): string => `DNS:localhost, DNS:${name}`;
  const taken = (name: string) => [0, names(name), ""];
  assert.deepEqual(await shown(), [names("first"), names("first")]);

  // Host by host.
  const second = issued("second");
  a.put(second);
  assert.deepEqual(await a.reload(), taken("second"));
  await b.untilRevision(2);
  assert.equal(await b.shown(), names("first"));
  b.put(second);
  assert.deepEqual(await b.reload(), taken("second"));

  // One that no other host has.
  b.put(issued("third"));
  assert.deepEqual(await b.reload(), taken("third"));
  assert.equal(await a.shown(), names("second"));

  // Copied to both, and then read again by the one that leads.
  const fourth = issued("fourth");
  for (const host of [a, b]) host.put(fourth);
  assert.deepEqual(await a.reload(), taken("fourth"));
  await eventually(
    async () => (await b.shown()) === names("fourth") || undefined,
    () => "the other one reads it as well",
  );
});
