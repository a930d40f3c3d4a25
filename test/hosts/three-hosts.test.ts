import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { missingLab, LabNetwork } from "../faults/lab/network.ts";
import { missingKeepalived } from "../faults/virtual-ip/keepalived.ts";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { missingTool } from "../tools.ts";
import { eventually } from "../e2e/harness.ts";
import { readGuide } from "./three-hosts/guide.ts";
import { Machine } from "./three-hosts/machine.ts";

const skip =
  missingLab() ||
  missingEtcd() ||
  missingKeepalived() ||
  missingTool("etcdctl", "etcd-client") ||
  missingTool("openssl", "openssl");

const gateways = ["h1", "h2", "h3"];
const virtualIp = "10.0.0.100";
const guide = readGuide(new URL("../../docs/hosts.md", import.meta.url).pathname);

test("three hosts, as docs/hosts.md says it, and one of them dies", { skip }, async (t) => {
  const site = await Site.start(t);
  for (const section of ["Certificates", "etcd", "Gateways", "Workers", "The virtual address", "Watch"])
    site.follow(section);

  for (const name of gateways) await site.untilServes(site.machine(name).host.address);
  await site.untilRequestsComeTo("w1", 8082);
  const held = site.holder();
  assert.ok(held !== undefined, "one host has the address");
  const others = gateways.filter((name) => name !== held.name);
  held.cutPower();
  await site.untilServes(virtualIp, 10);
  for (const name of others) await site.untilServes(site.machine(name).host.address, 10);
  assert.ok(others.includes(site.holder()?.name ?? ""), "another host has the address");
  // Two of three members and controllers of two hosts are enough for a change.
  const said = site.machine(others[0]!);
  const state = "--state /var/lib/skein";
  said.type(`until skein leader ${state}; do sleep 1; done; skein token create --service other ${state}`);

  await held.powerOn(site.directory);
  site.follow("When a host was away", [held.name]);
  await site.untilServes(held.host.address, 10);

  site.follow("Renew certificates");
  site.follow("Upgrade");
  site.follow("When a host was away");
  await site.untilServes(virtualIp, 10);

  site.follow("Back up etcd, and restore it");
  site.follow("When a host was away");
  await site.untilServes(virtualIp, 10);
});

/** The hosts of the document. */
class Site {
  readonly directory: string;
  readonly #t: TestContext;
  readonly #machines: Machine[] = [];

  static async start(t: TestContext): Promise<Site> {
    const site = new Site(t);
    const network = new LabNetwork([...gateways, "w1", "w2", "admin"], "10.0.0");
    t.after(() => {
      network.close();
      rmSync(site.directory, { recursive: true, force: true, maxRetries: 5 });
    });
    for (const host of network.hosts) site.#machines.push(await Machine.start(host, site.directory));
    for (const name of ["w1", "w2"])
      site
        .machine(name)
        .type(
          "mkdir -p /opt/orders/node_modules && ln -s /usr/local/lib/node_modules/skein /opt/orders/node_modules/skein",
        );
    return site;
  }

  private constructor(t: TestContext) {
    this.#t = t;
    this.directory = mkdtempSync(join(tmpdir(), "skein-three-"));
    mkdirSync(this.directory, { recursive: true });
  }

  machine(name: string): Machine {
    const found = this.#machines.find((machine) => machine.name === name);
    assert.ok(found !== undefined, `the document has no host ${name}`);
    return found;
  }

  /** Types what the section says, in its order; at these hosts only, if told. */
  follow(section: string, only?: readonly string[]): void {
    for (const { hosts, script, line } of guide.filter((block) => block.section === section)) {
      for (const name of only ?? hosts) {
        const began = performance.now();
        try {
          this.machine(name).type(`set -e\n${script}`);
        } catch (error) {
          throw new Error(`docs/hosts.md:${line}: ${String(error)}\n${this.#logs()}`, { cause: error });
        }
        this.#t.diagnostic(`docs/hosts.md:${line} on ${name}: ${Math.round(performance.now() - began)} ms`);
      }
    }
  }

  /** Requests come over the port that the firewall lets through. */
  async untilRequestsComeTo(name: string, port: number): Promise<void> {
    const worker = this.machine(name);
    await eventually(
      () => {
        // Whom a request goes to is a matter of chance.
        this.machine("admin").type(`curl -sf -m 2 http://${virtualIp}:8080/`, { mayFail: true });
        const connections = worker.type(`ss -Htn state established 'sport = :${port}'`);
        return connections.includes(worker.host.address) || undefined;
      },
      () => `a connection of ${name} at port ${port}\n${this.#logs()}`,
      60_000,
    );
  }

  /** Who has the virtual address. */
  holder(): Machine | undefined {
    const found = gateways.map((name) => this.machine(name)).filter(({ host }) => host.has(virtualIp));
    return found.length === 1 ? found[0] : undefined;
  }

  /** So many answers of the service in a row. */
  async untilServes(address: string, count = 1): Promise<void> {
    const ask = `curl -sf -m 2 http://${address}:8080/`;
    const answers = (): string =>
      this.machine("admin").type(Array(count).fill(ask).join(" && "), { mayFail: true });
    await eventually(
      () => answers() === "hello\n".repeat(count) || undefined,
      () => `${address} serves\n${this.#logs()}`,
      60_000,
    );
  }

  #logs(): string {
    const units = (name: string): string[] =>
      gateways.includes(name) ? ["etcd", "skein", "keepalived"] : ["orders"];
    return this.#machines
      .filter(({ name }) => name !== "admin")
      .flatMap((machine) =>
        units(machine.name).map((unit) => `--- ${machine.name} ${unit}\n${machine.log(unit)}`),
      )
      .join("\n");
  }
}
