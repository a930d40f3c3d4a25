import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test, type TestContext } from "node:test";
import type { ConfigReply, WorkersReply } from "../../src/protocol/discovery.ts";
import { missingTool } from "../tools.ts";
import { event, jsonShapes, shape, withoutInside } from "./json-shapes.ts";
import { eventually, startPlainWorker, TestGateway } from "./harness.ts";

async function startGateway(context: TestContext): Promise<TestGateway> {
  const { address } = await startPlainWorker(context);
  return TestGateway.start(context, {
    configuration: { services: { web: { workers: [address], check: false } } },
  });
}

interface Ran {
  code: number | null;
  out: string;
  note: string;
}

function skein(gateway: TestGateway, ...args: string[]): Ran {
  const [file = "", ...rest] = gateway.command(args);
  const env = { ...process.env, SKEIN_STATE: gateway.places.state };
  const { status, stdout, stderr } = spawnSync(file, rest, { encoding: "utf8", cwd: gateway.directory, env });
  return { code: status, out: stdout, note: stderr };
}

test("every verb that reads has --json, with a version, in the shape that it promises", async (context) => {
  const gateway = await startGateway(context);
  await gateway.until("all is in force", ({ configuration }) => configuration.force?.kind === "in-force");
  const id = (JSON.parse(skein(gateway, "ps", "--json").out) as WorkersReply).workers[0]?.id ?? "";
  assert.equal(skein(gateway, "token", "create").code, 0);
  const refused = await fetch(`${gateway.url}/a%2fb`);
  const requestId = refused.headers.get("x-request-id") ?? "";
  for (const { args, expected } of jsonShapes(id, requestId)) {
    const { code, out, note } = skein(gateway, ...args, "--json");
    assert.equal(code, 0, `${args.join(" ")}: ${note}`);
    const told = shape(JSON.parse(out)) as Record<string, unknown>;
    assert.equal((JSON.parse(out) as { v: number }).v, 1, args.join(" "));
    assert.deepEqual(withoutInside(told), expected, args.join(" "));
  }
  const config = JSON.parse(skein(gateway, "config", "show", "--json").out) as ConfigReply;
  assert.deepEqual([config.v, config.file, config.inForce], [1, gateway.configFile, true]);
  const fromOf = (key: string): string => config.values.find((one) => one.key === key)?.from ?? "";
  assert.match(fromOf("proxies"), /^skein\.config\.json:\d+:\d+$/);
  assert.match(fromOf("routes./"), /^skein\.config\.json:\d+:\d+$/);
  assert.equal(fromOf("timeouts.head"), "default");
  const lines = skein(gateway, "events", "--json").out.trim().split("\n");
  const { at: begin } = JSON.parse(lines[0] ?? "{}") as { at: string };
  const changes = JSON.parse(skein(gateway, "diff", begin, "--json").out) as Record<string, unknown>;
  assert.deepEqual(Object.keys(changes), ["v", "from", "to", "workers", "events"]);
  const before = skein(gateway, "diff", "1d", "--json");
  assert.equal((JSON.parse(before.out) as { from: string }).from, begin);
  assert.match(before.note, new RegExp(`^the cluster began at ${begin}: from is that moment`));
  for (const line of lines) {
    const { v, id: number, at, term, kind, message } = shape(JSON.parse(line)) as Record<string, unknown>;
    assert.deepEqual({ v, id: number, at, term, kind, message }, event);
  }
});

test("describe, logs and completion, by names of what runs", async (context) => {
  const gateway = await startGateway(context);
  const described = skein(gateway, "describe", "web");
  assert.match(described.out, /^service {8}web\nworkers {8}1 of 1 live\n/, described.note);
  const nothing = skein(gateway, "describe", "shop");
  assert.deepEqual([nothing.code, nothing.out], [1, ""]);
  assert.match(nothing.note, /no worker, service or route "shop"; see skein ps/);

  const led = await gateway.until("somebody leads", ({ children }) => children.some(({ leader }) => leader));
  const leader = led.children.find((child) => child.leader)?.name ?? "";
  const logs = skein(gateway, "logs", "--process", leader);
  const told = logs.out.match(/^\d\d:\d\d:\d\d\.\d{3}Z {2}controller-\d {2}leadership changed/gm) ?? [];
  // More than once on a machine so busy that the leader's own beats come late.
  assert.deepEqual(
    new Set(told.map((line) => line.slice(15))),
    new Set([`${leader}  leadership changed`]),
    logs.note,
  );
  assert.doesNotMatch(logs.out, new RegExp(`^\\S+ {2}(?!${leader})`, "m"));
  const changes = gateway.log().match(/"leadership changed"/g)?.length;
  assert.equal(changes, told.length, "by one process of the gateway");
  // Where no person looks on, programs read every line of it.
  const serves = await eventually(
    () => {
      const lines = gateway.log().trim().split("\n");
      const said = lines.map((line) => JSON.parse(line) as { msg: string; dashboard?: string });
      return said.find(({ msg }) => msg === "the gateway serves");
    },
    () => `where it serves is told; log:\n${gateway.log()}`,
  );
  assert.equal(serves.dashboard, `${gateway.controlUrl}/dashboard/`);

  const stranger = skein(gateway, "logs", "--process", "controler-1");
  assert.deepEqual([stranger.code, stranger.out], [1, ""]);
  assert.match(stranger.note, /Did you mean controller-1\?\nThese run: supervisor, .*proxy-1, proxy-2;/);
  const entry = JSON.parse(skein(gateway, "logs", "--json", "-n", "1").out) as Record<string, unknown>;
  const { level, time, msg } = shape(entry) as Record<string, unknown>;
  assert.deepEqual({ level, time, msg }, { level: "number", time: "number", msg: "string" });

  for (const [typed, offered] of [
    [["describe", "w"], "web\n"],
    [["logs", "-p", "proxy"], "proxy-1\nproxy-2\n"],
  ] as const) {
    // A shell waits a second for them: on a busy machine the next Tab has them.
    await eventually(
      () => skein(gateway, "complete", "--", ...typed).out === offered || undefined,
      () => `${typed.join(" ")} is completed`,
    );
  }
});

test("the registry as it was, and what became of a worker", async (context) => {
  const gateway = await startGateway(context);
  const { workers } = JSON.parse(skein(gateway, "ps", "--json").out) as WorkersReply;
  const id = workers[0]?.id ?? "";
  assert.equal(skein(gateway, "drain", id).code, 0);
  const drained = await eventually(
    () => {
      const lines = skein(gateway, "events", "--json").out.trim().split("\n");
      const events = lines.map((line) => JSON.parse(line) as { at: string; kind: string });
      return events.find(({ kind }) => kind === "worker-draining");
    },
    () => "the drain is among the events",
  );
  const before = new Date(Date.parse(drained.at) - 1).toISOString();
  assert.match(skein(gateway, "ps", "--at", drained.at).out, /web .* draining/);
  assert.match(skein(gateway, "ps", "--at", before).out, /web .* live/);
  const changes = skein(gateway, "diff", before, drained.at).out;
  assert.match(
    changes,
    /^web\/\S+: live, then draining\n {2}\d\d:\d\d:\d\dZ {2}web\/\S+ .*asked by an operator/,
  );
});

test(
  "top in a real terminal: it shows, drains after yes, and gives the terminal back",
  {
    skip: missingTool("script", "bsdutils"),
  },
  async (context) => {
    const gateway = await startGateway(context);
    const command = gateway.command(["top"]).map((word) => `'${word}'`);
    const typescript = spawn("script", ["-qec", `stty rows 20 cols 100; ${command.join(" ")}`, "/dev/null"], {
      env: { ...process.env, SKEIN_STATE: gateway.places.state, TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    context.after(() => typescript.kill("SIGKILL"));
    let shown = "";
    typescript.stdout.on("data", (text) => (shown += String(text)));
    const ended = new Promise<number | null>((resolve) => typescript.on("close", resolve));
    const until = (text: RegExp): Promise<true> =>
      eventually(
        () => (text.test(shown) ? (true as const) : undefined),
        () => `${String(text)} is shown; it was:\n${shown}`,
      );
    const type = (keys: string): void => {
      shown = "";
      typescript.stdin.write(keys);
    };

    await until(/1 of 1 workers live/);
    type("\u001B[B");
    await until(/> {2}/);
    type("d");
    await until(/Drain web\/.*\? y: yes/);
    type("y");
    await until(/gets no new requests; u undoes it/);
    const { workers } = JSON.parse(skein(gateway, "ps", "--json").out) as WorkersReply;
    assert.equal(workers[0]?.desired, "drain");
    await until(/draining/);
    type("q");
    assert.equal(await ended, 0);
    assert.ok(shown.includes("\u001B[?25h\u001B[?1049l"));
  },
);
