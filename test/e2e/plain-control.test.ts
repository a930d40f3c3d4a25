import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import type { GatewayStatus } from "../../src/protocol/supervision.ts";
import { allReady, kill, TestGateway } from "./harness.ts";
import { TestClusterAuthority } from "./several-hosts.ts";

const everywhere = { control: "0.0.0.0:0" };
const consenting = { ...everywhere, insecurePlainControl: true };

/** What twenty new connections to the control address are answered in plain text. */
async function answersInClear(gateway: TestGateway): Promise<string[]> {
  const { port } = new URL(gateway.file().controlUrl ?? "");
  const answers = new Set<string>();
  for (let count = 0; count < 20; count += 1) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET /v1/controllers HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    answers.add(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? "none");
  }
  return [...answers];
}

const controllersOf = ({ children }: GatewayStatus): number[] =>
  children.filter(({ role, state }) => role === "controller" && state === "ready").map(({ pid }) => pid);

async function killOneController(gateway: TestGateway): Promise<void> {
  const [gone = 0] = await gateway.pids("controller");
  kill(gone, "SIGKILL");
  await gateway.until("its place is filled", (status) => {
    const pids = controllersOf(status);
    return pids.length === 2 && !pids.includes(gone);
  });
}

async function killSupervisor(gateway: TestGateway): Promise<void> {
  const { supervisor } = await gateway.status();
  kill(supervisor.pid, "SIGKILL");
  await gateway.until("an orphan has started another", (status) => status.supervisor.pid !== supervisor.pid);
}

test("a gateway that was started in plain text stays so, whatever certificates come, and keeps its consent", async (context: TestContext) => {
  const gateway = await TestGateway.start(context, { configuration: consenting });
  new TestClusterAuthority(context).issue("10.0.0.5", gateway.places.state);
  await killOneController(gateway);
  assert.deepEqual(await answersInClear(gateway), ["200"], "both speak the same");
  gateway.configure(everywhere);
  await assert.rejects(gateway.reload(), /change-needs-restart.*insecurePlainControl/);
  await assert.rejects(gateway.upgrade(), /upgrade-failed/);
  gateway.configure(consenting);
  await killSupervisor(gateway);
  await gateway.upgrade();
  await gateway.until("every process is new", allReady);
  await killOneController(gateway);
  assert.deepEqual(await answersInClear(gateway), ["200"]);
  assert.match(gateway.file().controlUrl ?? "", /^http:/);
});

test("certificates that cannot be read any more: nothing new serves in clear, and who serves goes on", async (context: TestContext) => {
  const gateway = TestGateway.prepare(context, { configuration: everywhere });
  const { state, tls } = gateway.places;
  new TestClusterAuthority(context).issue("10.0.0.5", state);
  gateway.up();
  const before = controllersOf(await gateway.until("every process is ready", allReady));
  rmSync(tls.cert);
  symlinkSync("/nowhere", tls.cert);
  await killSupervisor(gateway);
  await gateway.upgrade();
  const after = await gateway.until("the roll has failed", ({ roll }) => roll.failed !== null);
  assert.deepEqual(new Set(controllersOf(after)), new Set(before));
  assert.deepEqual(await answersInClear(gateway), ["none"]);
  assert.match(gateway.file().controlUrl ?? "", /^https:/);
  assert.match(gateway.log(), /there is no file .*control\.pem.*skein ca issue/);
});

test("a socket of systemd does not bring the control API beyond loopback in plain text", async (context: TestContext) => {
  const listening = createServer().listen(0, "0.0.0.0");
  context.after(() => listening.close());
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const { fd } = (listening as unknown as { _handle: { fd: number } })._handle;
  const gateway = TestGateway.prepare(context, { configuration: { control: `127.0.0.1:${port}` } });
  const refused = async (names: string): Promise<string> => {
    const line = `LISTEN_FDS=1 LISTEN_FDNAMES=${names} LISTEN_PID=$$ exec "$@"`;
    const up = spawn(
      "/bin/sh",
      ["-c", line, "sh", ...gateway.command(["up", "--config", gateway.configFile])],
      {
        stdio: ["ignore", "ignore", "pipe", fd],
        cwd: gateway.directory,
      },
    );
    const [said] = await Promise.all([text(up.stderr!), once(up, "exit")]);
    assert.equal(up.exitCode === 0, false);
    return said;
  };
  assert.match(await refused("unknown"), new RegExp(`0\\.0\\.0\\.0:${port}.*127\\.0\\.0\\.1:${port}`));
  assert.match(await refused("control"), new RegExp(`control API at 0\\.0\\.0\\.0:${port}.*plain text`));
});
