import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { startPlainWorker, TestGateway } from "./harness.ts";

async function told(gateway: TestGateway, ...args: string[]): Promise<string> {
  const [file = "", ...rest] = gateway.command(["route", "test", ...args]);
  const env = { ...process.env, SKEIN_STATE: gateway.places.state };
  return (await promisify(execFile)(file, rest, { cwd: gateway.directory, env })).stdout;
}

/** Two workers of version 1, one of version 2 that may weigh nothing. */
async function startGateway(context: TestContext, canaryWeight: number) {
  const names = ["old-1", "old-2", "new-1"] as const;
  const workers = await Promise.all(
    names.map(async (id) => {
      const { address } = await startPlainWorker(context, id);
      const isNew = id === "new-1";
      return { id, address, version: isNew ? "2" : "1", weight: isNew ? canaryWeight : 1 };
    }),
  );
  const subsets = {
    stable: { version: "1" },
    canary: { version: "2", otherwise: "stable" },
    gpu: { tags: ["gpu"], otherwise: "any" },
  };
  return TestGateway.start(context, {
    configuration: {
      controllers: 1,
      proxies: 1,
      // In turns, so that each who may get a request does get one: by default who began slowly is avoided for a while.
      services: { web: { workers, check: false, subsets, policy: "round-robin" } },
      routes: { "/": "web:canary", "/gpu/*": "web:gpu" },
    },
  });
}

async function answersOf(gateway: TestGateway, path: string): Promise<string[]> {
  const names = new Set<string>();
  for (let asked = 0; asked < 40; asked += 1) names.add(await (await fetch(`${gateway.url}${path}`)).text());
  return [...names].toSorted();
}

const mayGetIt = (text: string): string[] =>
  [...text.matchAll(/^ {2}may +web\/(\S+)/gm)].map(([, id = ""]) => id).toSorted();

test("route test names the subset and its own workers, as the proxy chooses", async (context) => {
  const gateway = await startGateway(context, 1);
  const canary = await told(gateway, "/");
  assert.match(canary, /^ {2}yes .* -> web:canary$/m);
  assert.match(canary, /^ {2}web:canary, otherwise web:stable, otherwise nobody; served by web:canary$/m);
  assert.match(canary, /^ {2}not +web\/old-1 at .*: live, not of web:canary$/m);
  assert.deepEqual(mayGetIt(canary), ["new-1"]);
  assert.deepEqual(mayGetIt(canary), await answersOf(gateway, "/"));
});

test("route test names who stands in for a subset of which nobody may be chosen", async (context) => {
  const gateway = await startGateway(context, 0);
  const canary = await told(gateway, "/");
  assert.match(canary, /none of it may be chosen, so served by web:stable$/m);
  assert.deepEqual(mayGetIt(canary), ["old-1", "old-2"]);
  assert.deepEqual(mayGetIt(canary), await answersOf(gateway, "/"));
  const gpu = await told(gateway, "/gpu/1");
  assert.match(gpu, /web:gpu, otherwise any worker of web; none .* served by any worker of web$/m);
  assert.deepEqual(mayGetIt(gpu), await answersOf(gateway, "/gpu/1"));
  const json = JSON.parse(await told(gateway, "/", "--json")) as { to: unknown };
  const target = { service: "web", subset: "canary", otherwise: ["stable", "none"] };
  assert.deepEqual(json.to, [{ ...target, servedBy: "stable" }]);
  const explained = await fetch(`${gateway.controlUrl}/v1/routes/explain?target=/`);
  assert.deepEqual(((await explained.json()) as { to: unknown }).to, [{ ...target, servedBy: "stable" }]);
  const fromFile = JSON.parse(await told(gateway, "/", "--json", "--config", gateway.configFile)) as {
    to: unknown;
  };
  assert.deepEqual(fromFile.to, [target]);
});
