import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { Client } from "./client.ts";
import { credentialsOf, type User } from "./credentials.ts";
import { EtcdFailure, type FailureKind } from "./failure.ts";
import { TestMember } from "./testing-member.ts";
import { Transport } from "./transport.ts";

/** Only where nothing is to come: on a busy machine an answer takes longer. */
const deadlineMs = 100;

function clientOf(
  t: TestContext,
  endpoints: string[],
  user?: User | (() => User),
): { client: Client; moves: string[] } {
  const moves: string[] = [];
  const transport = new Transport({ clock: systemClock, tls: undefined });
  // The product's timers do not keep a process alive; a test must last until they fire.
  const awake = setInterval(() => {}, 1000);
  const client: Client = new Client({
    endpoints,
    user: typeof user === "object" ? () => user : user,
    transport,
    clock: systemClock,
    random: () => 0,
    onEndpoint: () => moves.push(client.endpoint),
  });
  t.after(() => {
    clearInterval(awake);
    client.close();
  });
  return { client, moves };
}

async function kindOf(work: Promise<unknown>): Promise<FailureKind> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof EtcdFailure, String(error));
    return error.kind;
  }
  return assert.fail("it should have failed");
}

const refused = (code: number, message: string) => ({ status: 400, json: { error: message, message, code } });

test("a call carries the body and asks that the member has a leader; connections are kept", async (t) => {
  const member = await TestMember.start(t);
  member.answer = () => ({ json: { header: { cluster_id: "1" } } });
  const { client } = clientOf(t, [member.endpoint]);
  for (let time = 0; time < 3; time += 1) {
    assert.deepEqual(await client.call("/v3/kv/range", { key: "aw==" }), { header: { cluster_id: "1" } });
  }
  assert.deepEqual(member.calls[0], {
    path: "/v3/kv/range",
    body: { key: "aw==" },
    token: undefined,
    hasLeader: "true",
  });
  assert.equal(member.connections, 1);
});

test("a member that does not answer, cuts, or has no leader is left for the next one", async (t) => {
  const [one, other] = [await TestMember.start(t), await TestMember.start(t)];
  const faults: [typeof one.answer, FailureKind][] = [
    [() => "never", "silent"],
    [() => "cut", "cut"],
    [() => refused(14, "etcdserver: no leader"), "busy"],
    [() => refused(14, "etcdserver: request timed out"), "doubtful"],
    [() => ({ status: 404, json: "Not Found" }), "strange"],
  ];
  for (const [answer, kind] of faults) {
    one.answer = answer;
    const { client, moves } = clientOf(t, [one.endpoint, other.endpoint]);
    const withinMs = kind === "silent" ? deadlineMs : undefined;
    assert.equal(await kindOf(client.call("/v3/kv/txn", {}, withinMs)), kind);
    assert.deepEqual(moves, [other.endpoint]);
    assert.deepEqual(await client.call("/v3/kv/txn", {}), {});
  }
});

test("what every member would refuse moves nobody", async (t) => {
  const member = await TestMember.start(t);
  const { client, moves } = clientOf(t, [member.endpoint, "127.0.0.1:1"]);
  member.answer = () => refused(3, "etcdserver: too many operations in txn request");
  assert.equal(await kindOf(client.call("/v3/kv/txn", {})), "refused");
  assert.deepEqual(moves, []);
});

test("a request that never left is told from one without an answer", async (t) => {
  const { client } = clientOf(t, ["127.0.0.1:1"]);
  const work = client.call("/v3/kv/txn", {});
  await assert.rejects(work, /no connection.*ECONNREFUSED/);
  assert.equal(await kindOf(client.call("/v3/kv/txn", {})), "unreachable");
  // A connection that is accepted and never answered: sent, so nobody knows.
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close());
  const { port } = silent.address() as { port: number };
  const other = clientOf(t, [`127.0.0.1:${port}`]);
  assert.equal(await kindOf(other.client.call("/v3/kv/txn", {}, deadlineMs)), "silent");
});

test("after a silence the pool's other connections are not used again", async (t) => {
  const member = await TestMember.start(t);
  const { client } = clientOf(t, [member.endpoint]);
  await Promise.all([1, 2, 3].map(() => client.call("/v3/kv/range", {})));
  member.answer = () => "never";
  await kindOf(client.call("/v3/kv/range", {}, deadlineMs));
  member.answer = () => ({ json: {} });
  await client.call("/v3/kv/range", {});
  assert.equal(member.connections, 1);
});

test("a user's token is fetched once, and anew when it is not known any more", async (t) => {
  const member = await TestMember.start(t);
  let tokens = 0;
  member.answer = ({ path, token }) => {
    if (path === "/v3/auth/authenticate") return { json: { token: `token-${++tokens}` } };
    return token === "token-1" && tokens === 1 && member.calls.length > 4
      ? refused(16, "etcdserver: invalid auth token")
      : { json: { token } };
  };
  const { client } = clientOf(t, [member.endpoint], { name: "skein", password: "secret" });
  const answers = await Promise.all([1, 2, 3].map(() => client.call("/v3/kv/range", {})));
  assert.deepEqual(answers, [{ token: "token-1" }, { token: "token-1" }, { token: "token-1" }]);
  assert.deepEqual(await client.call("/v3/kv/range", {}), { token: "token-2" });
  assert.equal(tokens, 2);
  assert.deepEqual(member.calls[0]?.body, { name: "skein", password: "secret" });
});

test("a token that no member answers is not brought again; one member's silence is not held against it", async (t) => {
  const members = [await TestMember.start(t), await TestMember.start(t)];
  let tokens = 0;
  let restored = false;
  for (const member of members)
    member.answer = ({ path, token }) => {
      if (path === "/v3/auth/authenticate") return { json: { token: `token-${++tokens}` } };
      // A restored etcd waits until its log is as long as that of before.
      const asksNobody = path === "/v3/lease/keepalive";
      return restored && token === "token-1" && !asksNobody ? "never" : { json: { token } };
    };
  const endpoints = members.map(({ endpoint }) => endpoint);
  const { client } = clientOf(t, endpoints, { name: "skein", password: "secret" });
  await client.call("/v3/kv/range", {});
  restored = true;
  assert.equal(await kindOf(client.call("/v3/kv/range", {}, deadlineMs)), "silent");
  assert.equal(tokens, 1);
  // Others fail meanwhile, as they do where a call hung: its connection's pool is left, and members have no leader yet.
  const [one, other] = members;
  const before = [one!.answer, other!.answer] as const;
  for (const answer of [(): "cut" => "cut", () => refused(14, "etcdserver: no leader")])
    for (let call = 0; call < 2; call += 1) {
      for (const member of members) member.answer = answer;
      assert.notEqual(await kindOf(client.call("/v3/kv/range", {})), "silent");
    }
  [one!.answer, other!.answer] = before;
  await client.call("/v3/lease/keepalive", {});
  assert.equal(await kindOf(client.call("/v3/kv/range", {}, deadlineMs)), "silent");
  assert.deepEqual(await client.call("/v3/kv/range", {}), { token: "token-2" });
});

test("a password that etcd refuses is told as such; what the file says since is tried with the next call", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-client-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, "old\n");
  const member = await TestMember.start(t);
  let valid = "old";
  member.answer = ({ path, body, token }) => {
    if (path !== "/v3/auth/authenticate")
      return token === valid ? { json: { token } } : refused(16, "etcdserver: invalid auth token");
    return body["password"] === valid
      ? { json: { token: valid } }
      : refused(3, "etcdserver: authentication failed, invalid user ID or password");
  };
  const settings = { endpoints: [], prefix: "skein", user: { name: "skein", passwordFile } };
  const { user } = credentialsOf(settings, { clock: systemClock, logger: silentLogger });
  const { client } = clientOf(t, [member.endpoint], user);
  assert.deepEqual(await client.call("/v3/kv/range", {}), { token: "old" });
  valid = "new";
  await assert.rejects(client.call("/v3/kv/range", {}), /user or password are wrong/);
  writeFileSync(passwordFile, "new\n");
  assert.deepEqual(await client.call("/v3/kv/range", {}), { token: "new" });
});

test("a stream gives its lines, and its end; one that does not begin in time has failed", async (t) => {
  const member = await TestMember.start(t);
  const { client, moves } = clientOf(t, [member.endpoint, "127.0.0.1:1"]);
  const follow = (): Promise<[lines: unknown[], kind: FailureKind]> =>
    new Promise((resolve, reject) => {
      const lines: unknown[] = [];
      const ended = ({ kind }: EtcdFailure): void => resolve([lines, kind]);
      client.stream("/v3/watch", {}, { line: (value) => lines.push(value), ended }).catch(reject);
    });
  member.answer = () => "ended-stream";
  assert.deepEqual(await follow(), [[{ result: {} }], "cut"]);
  assert.deepEqual(moves, ["127.0.0.1:1"]);
  assert.deepEqual(await follow(), [[], "unreachable"]);
  member.answer = () => "never";
  assert.deepEqual(await follow(), [[], "silent"]);
});

test("an answer that promises another protocol is a failure at once, of calls and streams, and not the end of the client", async (t) => {
  const answers = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\n";
  const sockets = new Set<Socket>();
  const member = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.once("data", () => socket.write(answers));
  }).listen(0, "127.0.0.1");
  await once(member, "listening");
  t.after(() => {
    member.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = member.address() as AddressInfo;
  const user = { name: "skein", password: "secret" };
  for (const { client } of [clientOf(t, [`127.0.0.1:${port}`]), clientOf(t, [`127.0.0.1:${port}`], user)])
    for (let time = 0; time < 2; time += 1)
      assert.equal(await kindOf(within(client.call("/v3/kv/range", {}))), "cut");
  const { client } = clientOf(t, [`127.0.0.1:${port}`]);
  const ended = new Promise<EtcdFailure>((resolve, reject) => {
    client.stream("/v3/watch", {}, { line: () => {}, ended: resolve }).catch(reject);
  });
  assert.equal((await within(ended)).kind, "cut");
});

/** Fails where it is not settled long after every deadline. */
async function within<Value>(work: Promise<Value>): Promise<Value> {
  const late = AbortSignal.timeout(5000);
  const lateness = once(late, "abort").then(() => assert.fail("it waits for ever"));
  return Promise.race([work, lateness]);
}
