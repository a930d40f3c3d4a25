import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { noOpenssl } from "../certificates.ts";
import { allReady, eventually, kill, startPlainWorker, stayingOf } from "./harness.ts";
import { put, SecureGateway } from "./secure-gateway.ts";
import { SteadyClients } from "./steady-clients.ts";

const skip = noOpenssl;

test("https, a redirect to it, and Strict-Transport-Security there alone", { skip }, async (context) => {
  const secure = await SecureGateway.start(context);
  const { ports, gateway } = secure;
  const answer = await new Promise<{ status: number | undefined; hsts: string | undefined }>(
    (resolve, reject) => {
      const options = {
        servername: "localhost",
        ca: secure.authority.caText,
        headers: { host: "localhost" },
      };
      const outgoing = request(secure.url, options, (incoming) => {
        incoming.resume();
        resolve({ status: incoming.statusCode, hsts: incoming.headers["strict-transport-security"] });
      });
      outgoing.on("error", reject);
      outgoing.end();
    },
  );
  assert.deepEqual(answer, { status: 200, hsts: "max-age=86400" });
  const plain = await fetch(`http://127.0.0.1:${ports.plain}/`);
  assert.deepEqual([plain.status, plain.headers.get("strict-transport-security")], [200, null]);
  const redirected = await fetch(`http://127.0.0.1:${ports.redirect}/a?b`, {
    method: "POST",
    redirect: "manual",
  });
  assert.equal(redirected.status, 308);
  assert.equal(redirected.headers.get("location"), `https://127.0.0.1:${ports.secure}/a?b`);
  const clear = await fetch(`http://127.0.0.1:${ports.secure}/`);
  assert.deepEqual([clear.status, clear.headers.get("x-skein-reason")], [400, "plain-http"]);

  const status = await secure.skein(["status"]);
  assert.match(status.said, new RegExp(`https://127\\.0\\.0\\.1:${ports.secure}`));
  assert.match(status.said, /CERTIFICATE +FOR +UNTIL +PROXIES\n.*localhost +20\d\d-\d\d-\d\d +2 of 2\n/);
  assert.equal(gateway.file().urls?.[1], `https://127.0.0.1:${ports.secure}`);
});

test(
  "keys are in no file of the state, no table, no metric, no log and no output",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const { gateway } = secure;
    const secret = readFileSync(secure.files.key, "utf8").split("\n")[1] ?? "";
    assert.ok(secret.length > 40);
    const told: string[] = [gateway.log()];
    for (const path of ["/v1/routing-table", "/v1/services", "/v1/routes", "/v1/events", "/metrics"])
      told.push(await (await fetch(gateway.controlUrl + path)).text());
    for (const args of [
      ["config", "print", "--json"],
      ["config", "check", "--json"],
      ["status", "--json"],
    ])
      told.push((await secure.skein(args[0] === "config" ? [...args, gateway.configFile] : args)).said);
    const files = readdirSync(gateway.places.state, { recursive: true, encoding: "utf8" })
      .map((name) => join(gateway.places.state, name))
      .filter((file) => statSync(file).isFile() && !file.includes("/compiled/"));
    for (const file of files) told.push(readFileSync(file, "latin1"));
    assert.ok(files.some((file) => file.endsWith("skein.db")));
    for (const text of told) assert.doesNotMatch(text, /PRIVATE KEY/);
    assert.equal(told.filter((text) => text.includes(secret)).length, 0);
    assert.ok(told[1]?.includes(secure.files.key), "the path of the key, that is told");
  },
);

test(
  "a session is resumed by any proxy, after all were replaced, the supervisor too",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const { gateway } = secure;
    const versions = ["TLSv1.2", "TLSv1.3"] as const;
    const tickets = await Promise.all(
      versions.map(async (maxVersion) => {
        const { session, reused } = await secure.shake({ maxVersion });
        assert.equal(reused, false);
        return { maxVersion, session: await session };
      }),
    );
    const resumeAll = async (when: string): Promise<void> => {
      // Enough that each proxy gets some.
      for (let round = 0; round < 8; round += 1) {
        for (const ticket of tickets)
          assert.equal((await secure.shake(ticket)).reused, true, `${when}, ${ticket.maxVersion}`);
      }
    };
    const replaceProxies = async (): Promise<void> => {
      for (const pid of await gateway.pids("proxy")) {
        kill(pid, "SIGKILL");
        const gone = (status: Parameters<typeof allReady>[0]): boolean =>
          allReady(status) &&
          stayingOf(status).length === 4 &&
          !status.children.some((child) => child.pid === pid);
        await gateway.until("a proxy in its place", gone);
      }
    };
    await resumeAll("at once");
    await replaceProxies();
    await resumeAll("every proxy was killed, one after the other");

    const { supervisor } = await gateway.status();
    kill(supervisor.pid, "SIGKILL");
    await gateway.until(
      "another supervisor",
      (status) => status.supervisor.pid !== supervisor.pid && allReady(status),
    );
    await replaceProxies();
    await resumeAll("so was the supervisor, and then the proxies again");

    const before = stayingOf(await gateway.status()).map(({ pid }) => pid);
    await gateway.upgrade();
    await gateway.until(
      "every process replaced by an upgrade",
      (status) => allReady(status) && !stayingOf(status).some(({ pid }) => before.includes(pid)),
    );
    await resumeAll("everything was replaced by an upgrade");
    // The controllers are new: what they tell, the proxies have to tell them first.
    await secure.untilMetric("skein_tls_handshakes_total", (handshakes) => handshakes > 0);
  },
);

/** What the command says to a request. Not waited for in place: the worker is in this process. */
async function openssl(args: string[]): Promise<string> {
  const child = spawn("openssl", args, { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return await text(child.stdout);
}

test("the openssl command resumes, too", { skip }, async (context) => {
  const secure = await SecureGateway.start(context);
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const file = join(secure.authority.directory, `session${version}`);
    const common = [
      "s_client",
      "-connect",
      `127.0.0.1:${secure.ports.secure}`,
      "-servername",
      "localhost",
      version,
    ];
    const options = [...common, "-CAfile", secure.authority.ca, "-verify_return_error", "-ign_eof"];
    const first = await openssl([...options, "-sess_out", file]);
    assert.match(first, /^New, TLSv1\.[23]/m);
    assert.match(first, /HTTP\/1\.1 200 OK/);
    for (let round = 0; round < 6; round += 1)
      assert.match(await openssl([...options, "-sess_in", file]), /^Reused, TLSv1\.[23]/m);
  }
});

test(
  "a new certificate by a reload: no request fails, new connections see it, old ones stay",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const { ca } = { ca: secure.authority.caText };
    const fresh = new SteadyClients(context, secure.url, { ca });
    const kept = new SteadyClients(context, secure.url, { ca, keepAlive: true });
    const pids = await secure.gateway.pids("proxy");
    const old = await secure.shake();
    for (let round = 0; round < 3; round += 1) {
      const [before] = await secure.shown(1);
      await secure.renew();
      assert.deepEqual(await secure.shown(), [before], "not before it is asked for");
      const { code, said } = await secure.skein(["reload"]);
      assert.equal(code, 0, said);
      const after = await secure.shown();
      assert.equal(after.length, 1, "every proxy has the new one when the command returns");
      assert.notEqual(after[0], before);
    }
    assert.deepEqual(await secure.gateway.pids("proxy"), pids, "no process was replaced for it");
    assert.equal(old.secure.destroyed, false);
    const { failures, answered } = await fresh.stop();
    assert.deepEqual([failures, (await kept.stop()).failures], [{}, {}]);
    assert.ok(answered > 0);
  },
);

test(
  "an upgrade replaces every process under clients with TLS, and none of them fails",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const ca = secure.authority.caText;
    const fresh = new SteadyClients(context, secure.url, { ca });
    const kept = new SteadyClients(context, secure.url, { ca, keepAlive: true });
    const before = await secure.gateway.pids("proxy");
    await secure.gateway.upgrade();
    await secure.gateway.until(
      "new proxies",
      (status) => allReady(status) && !stayingOf(status).some(({ pid }) => before.includes(pid)),
    );
    const answered = [fresh.answered, kept.answered];
    await eventually(
      () =>
        (fresh.answered > (answered[0] ?? 0) + 20 && kept.answered > (answered[1] ?? 0) + 20) || undefined,
      () => "the new ones to answer",
    );
    assert.deepEqual([(await fresh.stop()).failures, (await kept.stop()).failures], [{}, {}]);
  },
);

test(
  "bad files are refused by check and reload, with what to do; the old ones stay in use",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const { gateway, files } = secure;
    const shown = await secure.shown();
    const clients = new SteadyClients(context, secure.url, { ca: secure.authority.caText });
    const other = secure.authority.issue(["localhost"]);
    const good = secure.authority.issue(["localhost"]);
    const faults: [what: string, spoil: () => void, words: RegExp][] = [
      [
        "missing",
        () => renameSync(files.cert, `${files.cert}.away`),
        /listen\[1\]\.tls\.cert: there is no file /,
      ],
      ["no PEM", () => writeFileSync(files.cert, "text"), /tls\.cert: .* holds no certificate in PEM form/],
      [
        "another's key",
        () => put({ cert: other.cert, key: good.key }, files),
        /tls\.key: the key in .* does not belong to /,
      ],
      ["no key", () => writeFileSync(files.key, ""), /tls\.key: .* holds no private key/],
    ];
    for (const [what, spoil, words] of faults) {
      put(good, files);
      spoil();
      const checked = await secure.skein(["config", "check", gateway.configFile]);
      assert.equal(checked.code, 2, what);
      assert.match(checked.said, words);
      assert.match(checked.said, /skein\.config\.json:\d+:\d+: /);
      const reloaded = await secure.skein(["reload"]);
      assert.equal(reloaded.code, 2, what);
      assert.match(reloaded.said, words);
      assert.match((await gateway.status()).configuration.error ?? "", words);
      assert.deepEqual(await secure.shown(), shown, what);
    }
    const expired = secure.authority.issue(["localhost"], { validFromDays: -9, validToDays: -1 });
    put(expired, files);
    const warned = await secure.skein(["config", "check", gateway.configFile]);
    assert.equal(warned.code, 0);
    assert.match(warned.said, /warning: .*listen\[1\]\.tls\.cert: the certificate in .* has expired/);
    assert.deepEqual((await clients.stop()).failures, {});
    const reloaded = await secure.skein(["reload"]);
    assert.equal(reloaded.code, 0, reloaded.said);
    assert.match(reloaded.said, /warning: .* has expired/);
  },
);

test(
  "files that go bad between the check and the proxies' reading: told, and mended by itself",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const { gateway, files } = secure;
    const [before] = await secure.shown();
    // The new table waits in the controllers while the file is spoilt.
    const controllers = await gateway.pids("controller");
    for (const pid of controllers) kill(pid, "SIGSTOP");
    await secure.renew();
    const key = readFileSync(files.key);
    const asked = secure.skein(["reload"]);
    const renewed = await eventually(
      async () => {
        const { certificates = [] } = await gateway.status();
        const [certificate] = certificates;
        return certificate?.proxies.every(({ state }) => state?.wanted !== certificate.digest)
          ? certificate
          : undefined;
      },
      () => "the reload to be taken by the supervisor",
    );
    writeFileSync(files.key, "spoilt");
    for (const pid of controllers) kill(pid, "SIGCONT");
    const { code, said } = await asked;
    assert.equal(code, 1);
    for (const name of ["proxy-1", "proxy-2"])
      assert.match(
        said,
        new RegExp(`${name}: .*key\\.pem holds no private key.*; the one before stays in use`),
      );
    assert.deepEqual(await secure.shown(), [before]);
    await secure.untilMetric("skein_tls_certificate_faulty", (faulty) => faulty === 2);
    assert.match(gateway.log(), /a certificate cannot be used; the one before stays in use/);

    writeFileSync(files.key, key);
    await gateway.until("both proxies to have it", ({ certificates = [] }) =>
      certificates.every(({ proxies }) => proxies.every(({ state }) => state?.digest === renewed.digest)),
    );
    const after = await secure.shown();
    assert.deepEqual([after.length, after[0] === before], [1, false]);
    await secure.untilMetric("skein_tls_certificate_faulty", (faulty) => faulty === 0);
  },
);

test(
  "a proxy that starts while a file is bad leaves TLS to the others until it is good",
  { skip },
  async (context) => {
    const secure = await SecureGateway.start(context);
    const { gateway, files } = secure;
    const kept = new SteadyClients(context, `http://127.0.0.1:${secure.ports.plain}/`);
    renameSync(files.key, `${files.key}.away`);
    const [killed = 0] = await gateway.pids("proxy");
    kill(killed, "SIGKILL");
    const waiting = await gateway.until("a proxy that waits for its certificate", ({ certificates = [] }) =>
      certificates.some(({ proxies }) =>
        proxies.some(({ state }) => state?.digest === "" && state.fault !== null),
      ),
    );
    const states = stayingOf(waiting)
      .filter(({ role }) => role === "proxy")
      .map(({ state }) => state)
      .sort();
    assert.deepEqual(states, ["ready", "starting"]);
    assert.equal((await secure.shown()).length, 1, "the other proxy takes every handshake");
    const status = await secure.skein(["status"]);
    assert.match(status.said, /1 of 2\n.*there is no file .*key\.pem; its listener waits for it/);
    renameSync(`${files.key}.away`, files.key);
    await gateway.until("both ready", allReady);
    const { failures } = await kept.stop();
    // What the killed process had accepted is lost with it; nothing else is.
    delete failures["ECONNRESET"];
    assert.deepEqual(failures, {});
  },
);

test("a listener becomes one with TLS, and plain again, by reload", { skip }, async (context) => {
  const secure = await SecureGateway.start(context);
  const { gateway, ports, files } = secure;
  const { address } = await startPlainWorker(context, "w2");
  const services = { web: { workers: [address], check: false } };
  gateway.configure({
    services,
    listen: [`127.0.0.1:${ports.secure}`, { address: `127.0.0.1:${ports.plain}`, tls: files }],
  });
  const { code, said } = await secure.skein(["reload"]);
  assert.equal(code, 0, said);
  const { secure: socket } = await secure.shake({ port: ports.plain });
  socket.destroy();
  const plain = await eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${ports.secure}/`).catch(() => undefined);
      return answer?.status === 200 ? answer : undefined;
    },
    () => "plain answers where TLS was",
  );
  assert.equal(await plain.text(), "w2");
});

test("a websocket through TLS and the gateway", { skip }, async (context) => {
  const { address, server } = await startPlainWorker(context);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  const secure = await SecureGateway.start(context, {
    services: { web: { workers: [address], check: false } },
  });
  const client = new WebSocket(`wss://localhost:${secure.ports.secure}/`, {
    ca: secure.authority.caText,
    lookup: (_host, _options, found) => found(null, [{ address: "127.0.0.1", family: 4 }]),
  });
  context.after(() => client.terminate());
  const echoed = new Promise<Buffer>((resolve, reject) => {
    client.on("open", () => client.send(Buffer.alloc(300_000, 7)));
    client.on("message", resolve);
    client.on("error", reject);
  });
  assert.ok((await echoed).equals(Buffer.alloc(300_000, 7)));
});
