import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { doorAddress, openDoor, openDoors } from "./doors.ts";
import { controlAddress, takeActivatedDoors, takeMatching } from "./socket-activation.ts";
import { SupervisorError } from "./supervisor-error.ts";

async function listen(context: TestContext): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function refusal(code: string, words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof SupervisorError);
    assert.equal(error.code, code);
    assert.match(error.detail, words);
    return true;
  };
}

test("a door is bound at a real port and does not accept", async (context) => {
  const door = await openDoor("a", { host: "127.0.0.1", port: 0 });
  context.after(() => door.close());
  assert.ok(door.port > 0 && door.fd > 2);
  const client = fetch(`http://${doorAddress(door)}`);
  await assert.rejects(client, "nobody listens yet");
});

test("a port in use, an address of another host, an unknown name: each says how to fix it", async (context) => {
  const port = await listen(context);
  await assert.rejects(
    openDoor("a", { host: "127.0.0.1", port }),
    refusal("address-in-use", /^listen: 127\.0\.0\.1:\d+ is taken .*choose another port$/),
  );
  await assert.rejects(
    openDoor("control", { host: "127.0.0.1", port }),
    refusal("address-in-use", /^control: 127\.0\.0\.1:\d+ is taken .*choose another port by --control$/),
  );
  await assert.rejects(
    openDoor("a", { host: "192.0.2.1", port: 0 }),
    refusal("address-unavailable", /^listen: .* no address of this host: .*0\.0\.0\.0 or \[::\] for all$/),
  );
  await assert.rejects(
    openDoor("control", { host: "192.0.2.1", port: 0 }),
    refusal("address-unavailable", /^control: .* no address of this host: .*--control '\[::1\]:7600'/),
  );
  await assert.rejects(
    openDoor("a", { host: "no-such-host.invalid", port: 0 }),
    refusal("address-unavailable", /no-such-host\.invalid/),
  );
});

test("doors open all or none", async (context) => {
  const port = await listen(context);
  const free = await openDoor("probe", { host: "127.0.0.1", port: 0 });
  free.close();
  const wanted = [
    { name: "free", host: "127.0.0.1", port: free.port },
    { name: "taken", host: "127.0.0.1", port },
  ];
  await assert.rejects(openDoors(wanted), refusal("address-in-use", new RegExp(String(port))));
  const again = await openDoor("free", { host: "127.0.0.1", port: free.port });
  again.close();
});

test("an IPv6 address is written in brackets", () => {
  assert.equal(doorAddress({ host: "::1", port: 80 }), "[::1]:80");
  assert.equal(doorAddress({ host: "127.0.0.1", port: 80 }), "127.0.0.1:80");
});

test("sockets of another process's activation are left alone", () => {
  const environment = { LISTEN_PID: "1", LISTEN_FDS: "2", LISTEN_FDNAMES: "a:b", HOME: "/" };
  assert.deepEqual(takeActivatedDoors(environment), []);
  assert.deepEqual(environment, { HOME: "/" });
});

test("an activated socket is found by its address, the control door by its name", () => {
  const base = { fd: 9, close() {} };
  const activated = [
    { ...base, name: "control", host: "127.0.0.1", port: 7600 },
    { ...base, name: "[::]:80", host: "::", port: 80 },
    { ...base, name: "10.0.0.1:81", host: "10.0.0.1", port: 81 },
  ];
  const match = (name: string, host: string, port: number): string | undefined =>
    takeMatching(activated, { name, host, port })?.host;
  assert.equal(match("web", "0.0.0.0", 7600), undefined);
  assert.equal(match("web", "0.0.0.0", 80), "::");
  assert.equal(match("web", "127.0.0.1", 81), undefined);
  assert.equal(match("control", "127.0.0.1", 1), "127.0.0.1");
  assert.deepEqual(
    activated.map(({ name }) => name),
    ["10.0.0.1:81"],
  );
});

test("an activated socket that others can reach is not taken for an address that they cannot", () => {
  const activated = [{ fd: 9, close() {}, name: "[::]:7600", host: "::", port: 7600 }];
  assert.throws(
    () => takeMatching(activated, { name: "control", host: "127.0.0.1", port: 7600 }),
    refusal("address-unavailable", /systemd listens at \[::\]:7600.* says 127\.0\.0\.1:7600/),
  );
  assert.equal(activated.length, 1);
  assert.equal(takeMatching(activated, { name: "control", host: "0.0.0.0", port: 7600 })?.host, "::");
});

test("the control API is judged by where its socket is, whatever the configuration says", () => {
  const named = { fd: 9, close() {}, name: "control", host: "0.0.0.0", port: 7601 };
  const control = { host: "127.0.0.1", port: 7600 };
  assert.deepEqual(controlAddress([named], { control }), { host: "0.0.0.0", port: 7601 });
  assert.deepEqual(controlAddress([], { control }), control);
});

test("a door that a process inherits knows its address", async (context) => {
  const door = await openDoor("a", { host: "127.0.0.1", port: 0 });
  context.after(() => door.close());
  const script = `
    import { inheritDoor } from ${JSON.stringify(new URL("doors.ts", import.meta.url).href)};
    const { host, port } = inheritDoor("a", 3);
    console.log(host + ":" + port);`;
  const args = ["--conditions=skein-source", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", door.fd] });
  assert.ok(child.stdout !== null);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  assert.equal(line.toString().trim(), doorAddress(door));
});
