import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test, type TestContext } from "node:test";
import { launched } from "../../src/demo/cluster/launcher.ts";
import { eventually } from "../e2e/harness.ts";
import type { LabHost } from "../faults/lab/host.ts";
import { LabNetwork, missingLab } from "../faults/lab/network.ts";
import { missingTool } from "../tools.ts";

const skip = missingLab() || missingTool("tcpdump", "tcpdump") || missingTool("curl", "curl");
const source = ["--conditions=skein-source"];
const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

const service = `
import { createServer } from "node:http";
import { join } from ${JSON.stringify(pathOf("src/worker/index.ts"))};
const server = createServer((request, response) => {
  request.resume().on("end", () => response.end("secret-answer"));
}).listen(8081);
await join(server, "orders");
`;

/** A gateway on one host, a worker on another, and somebody who records what passes between them. */
class Site {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-sealed-"));
  readonly gateway: LabHost;
  readonly worker: LabHost;

  constructor(t: TestContext) {
    const network = new LabNetwork(["gateway", "worker"]);
    t.after(() => {
      network.close();
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    });
    this.gateway = network.host("gateway");
    this.worker = network.host("worker");
    writeFileSync(this.file("service.ts"), service);
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  async start(environment: Record<string, string> = {}): Promise<void> {
    const { gateway, worker } = this;
    const capture = [
      "-i",
      "eth0",
      "--immediate-mode",
      "-U",
      "-w",
      this.file("wire"),
      "tcp port 8081 or tcp port 8082",
    ];
    worker.start("tcpdump", capture, this.file("tcpdump.log"));
    await this.until("the record begins", () => this.log("tcpdump").includes("listening on"));
    const control = `${gateway.address}:7600`;
    const places = ["--listen", ":8080", "--control", control, "--insecure-plain-control"];
    gateway.start(
      process.execPath,
      [
        ...source,
        pathOf("src/cli/main.ts"),
        "up",
        ...places,
        "--state",
        this.file("state"),
        "--proxies",
        "1",
      ],
      this.file("gateway.log"),
    );
    let token = "";
    await this.until("a join token", () => {
      token = this.skein("token", "create", "--service", "orders");
      return token !== "";
    });
    const settings = {
      SKEIN_CONTROL: `http://${control}`,
      SKEIN_LINK_PORT: "8082",
      SKEIN_JOIN_TOKEN: token,
      ...environment,
    };
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    worker.start(
      "env",
      [...words, process.execPath, ...source, this.file("service.ts")],
      this.file("worker.log"),
    );
  }

  ask(...more: string[]): string {
    const url = `http://${this.gateway.address}:8080/secret-path`;
    return this.#on(this.gateway, ["curl", "-s", "-m", "40", "-H", "Cookie: secret-cookie", ...more, url]);
  }

  skein(...words: string[]): string {
    const command = [process.execPath, ...source, pathOf("src/cli/main.ts"), ...words];
    return this.#on(this.gateway, [...command, "--state", this.file("state")]).trim();
  }

  /** What these say to the worker's port of links in clear; gives whether it is closed without a word. */
  greetInClear(): string {
    const program =
      "const s=require('net').connect(8082,process.argv[1],()=>s.write(Buffer.from('0000010000000000','hex')));" +
      "s.on('data',()=>console.log('data')).on('error',()=>{}).on('close',()=>console.log('closed'))";
    return this.#on(this.gateway, [process.execPath, "-e", program, this.worker.address]).trim();
  }

  wire(): string {
    return readFileSync(this.file("wire"), "latin1");
  }

  log(name: string): string {
    return readFileSync(this.file(`${name}.log`), "utf8");
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const logs = (): string => ["gateway", "worker"].map((name) => this.#tail(name)).join("\n");
    await eventually(
      () => holds() || undefined,
      () => `${what}\n${logs()}`,
      60_000,
    );
  }

  #tail(name: string): string {
    try {
      return this.log(name).slice(-3_000);
    } catch {
      return "";
    }
  }

  #on(host: LabHost, words: readonly string[]): string {
    const [command, args] = launched(host.launcher, [...words]);
    return spawnSync(command, args, { encoding: "utf8", timeout: 60_000 }).stdout;
  }
}

test(
  "between two hosts nobody reads a request, over neither way, and no block of the port brings it down",
  { skip },
  async (t) => {
    const site = new Site(t);
    await site.start();
    await site.until("an answer", () => site.ask() === "secret-answer");
    for (let asked = 0; asked < 10; asked += 1) {
      assert.equal(site.ask("-d", "secret-body"), "secret-answer");
      assert.equal(site.ask(), "secret-answer");
    }
    await site.until("it is recorded", () => site.wire().length > 10_000);
    assert.doesNotMatch(site.wire(), /secret-/);
    assert.equal(site.greetInClear(), "closed");
    // The port of its server is open all the time.
    site.gateway.dropTowards(site.worker.address, 8082);
    const head = site.ask("-i");
    assert.match(head, /^HTTP\/1\.1 50\d [^]*x-skein-reason: /i);
    assert.doesNotMatch(site.wire(), /secret-/);
  },
);

test("asked for by name, the same is in clear, and told of", { skip }, async (t) => {
  const site = new Site(t);
  await site.start({ SKEIN_INSECURE_PLAIN_LINK: "true" });
  await site.until("an answer", () => site.ask() === "secret-answer");
  await site.until("it is recorded", () => /secret-cookie/.test(site.wire()));
  assert.match(site.log("gateway"), /go in plain text/);
});
