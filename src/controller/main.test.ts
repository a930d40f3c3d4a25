import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { get, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { trafficOf } from "../registry/testing-registry.ts";
import type { ControllersReply } from "../protocol/discovery.ts";
import {
  type ChildAssignment,
  type ChildFrame,
  exitCodes,
  type SupervisorFrame,
} from "../protocol/supervision.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { systemClock } from "../runtime/clock.ts";
import { placesIn } from "../runtime/places.ts";
import { seededRandom } from "../runtime/random.ts";
import { SqliteDatabase } from "../store/sqlite-database.ts";
import { SqliteStore } from "../store/sqlite.ts";
import { type Bound, bindSocket } from "../supervisor/bound-socket.ts";
import { dayMs, putClusterTls } from "./testing-certificates.ts";

/** A supervisor's part: the door, the socket, and the words on it. */
class Scene {
  readonly places = placesIn(mkdtempSync(join(tmpdir(), "skein-controller-")));
  #door: Bound | undefined;
  readonly #words: Server;
  readonly #frames: ChildFrame[] = [];
  readonly #exits: Promise<unknown>[] = [];
  readonly #children: ChildProcess[] = [];
  #link: Socket | undefined;
  #news: () => void = () => {};

  constructor(t: TestContext) {
    this.#words = createServer((socket) => {
      this.#link = socket;
      let text = "";
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        const lines = (text + chunk.toString()).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) this.#frames.push(JSON.parse(line) as ChildFrame);
        this.#news();
      });
      this.say({ t: "configuration", traffic: trafficOf([]), digest: "d1", listen: [] });
    });
    t.after(async () => {
      for (const child of this.#children) child.kill("SIGKILL");
      this.#door?.close();
      this.#link?.destroy();
      this.#words.close();
      await Promise.all(this.#exits);
      rmSync(this.places.state, { recursive: true, force: true });
    });
  }

  async begin(): Promise<string> {
    mkdirSync(this.places.run, { recursive: true });
    this.#words.listen(this.places.supervisorSocket);
    this.#door = await bindSocket("127.0.0.1", 0);
    return `127.0.0.1:${this.#door.port}`;
  }

  start(name: string, control: string, secure?: boolean): ChildProcess {
    const assignment: ChildAssignment = {
      role: "controller",
      name,
      epoch: 1,
      state: this.places.state,
      listeners: [],
      control: { address: control, fd: 3, ...(secure === undefined ? {} : { secure }) },
      store: { driver: "sqlite" },
      supervisor: { args: [] },
    };
    const child = spawn(process.execPath, [...inheritedNodeFlags(), entryFile("controller/main")], {
      env: { ...process.env, SKEIN_CHILD: JSON.stringify(assignment), SKEIN_LOG_LEVEL: "silent" },
      stdio: ["ignore", "ignore", "inherit", this.#door?.fd ?? "ignore"],
    });
    this.#children.push(child);
    this.#exits.push(once(child, "exit"));
    return child;
  }

  say(frame: SupervisorFrame): void {
    this.#link?.write(`${JSON.stringify(frame)}\n`);
  }

  /** The first word of this kind. */
  async heard<Kind extends ChildFrame["t"]>(kind: Kind): Promise<Extract<ChildFrame, { t: Kind }>> {
    for (;;) {
      const found = this.#frames.find((frame) => frame.t === kind);
      if (found !== undefined) return found as Extract<ChildFrame, { t: Kind }>;
      await new Promise<void>((done) => (this.#news = done));
    }
  }
}

async function read<Reply>(control: string, path: string): Promise<Reply> {
  const answer = await fetch(`http://${control}${path}`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(10_000),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Reply;
}

test("a controller process: serves the door, keeps its secrets, and ends politely", async (t) => {
  const scene = new Scene(t);
  const control = await scene.begin();
  const child = scene.start("controller-1", control);
  await scene.heard("ready");
  const { leader, controllers } = await read<ControllersReply>(control, "/v1/controllers");
  assert.equal(leader, "controller-1");
  const own = new URL(controllers[0]?.url ?? "");
  assert.equal((await read<ControllersReply>(own.host, "/v1/controllers")).leader, "controller-1");
  const socketPath = scene.places.controllerSocket("controller-1");
  assert.equal(statSync(scene.places.tokenFile).mode & 0o777, 0o600);
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  const authorization = `Bearer ${readFileSync(scene.places.tokenFile, "utf8").trim()}`;
  const headers = { authorization, "content-type": "application/json", connection: "close" };
  const drained = await fetch(`http://${control}/v1/workers/nobody/drain`, { method: "POST", headers });
  assert.equal(drained.headers.get("x-skein-reason"), "worker-unknown");
  await drained.text();
  scene.say({ t: "drain", withinMs: 1_000 });
  const exited = once(child, "exit");
  await scene.heard("drained");
  assert.deepEqual(await exited, [0, null]);
  assert.equal(existsSync(socketPath), false);
});

test("a controller whose socket was cleaned away is found again, and keeps who is attached", async (t) => {
  const scene = new Scene(t);
  const child = scene.start("controller-1", await scene.begin());
  await scene.heard("ready");
  const socketPath = scene.places.controllerSocket("controller-1");
  const attached = await ask(socketPath, "/v1/events", { accept: "text/event-stream" });
  attached.resume();
  rmSync(scene.places.run, { recursive: true });
  for (let looks = 0; looks < 200 && !existsSync(socketPath); looks += 1) await pause(50);
  await ask(socketPath, "/v1/controllers").then((answer) => text(answer));
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(scene.places.run).mode & 0o777, 0o700);
  assert.equal(attached.readableEnded || attached.destroyed, false);
  const exited = once(child, "exit");
  scene.say({ t: "drain", withinMs: 1_000 });
  assert.deepEqual(await exited, [0, null]);
  assert.equal(existsSync(socketPath), false);
});

async function ask(
  socketPath: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
): Promise<IncomingMessage> {
  const [answer] = (await once(get({ socketPath, path, headers, agent: false }), "response")) as [
    IncomingMessage,
  ];
  assert.equal(answer.statusCode, 200);
  return answer;
}

test("a store that must not be used ends the process with its own code", async (t) => {
  const scene = new Scene(t);
  const control = await scene.begin();
  writeFileSync(scene.places.database, "this is no database, however long one looks at it ".repeat(100));
  const child = scene.start("controller-1", control);
  assert.deepEqual(await once(child, "exit"), [exitCodes.storeCorrupt, null]);
});

/** A store that somebody else has locked, until that one lets go. */
async function lockedStore(t: TestContext, file: string): Promise<{ letGo(): void }> {
  const store = new SqliteStore({ file, clock: systemClock, random: seededRandom(1) });
  await store.open();
  await store.close();
  const other = new SqliteDatabase(file);
  let locked = true;
  const letGo = (): void => {
    if (locked) other.close();
    locked = false;
  };
  t.after(letGo);
  other.connection.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  return { letGo };
}

test("a controller that waits in vain for the store's lock says so by its code, and does not just end", async (t) => {
  const scene = new Scene(t);
  const control = await scene.begin();
  await lockedStore(t, scene.places.database);
  const child = scene.start("controller-1", control);
  assert.deepEqual(await once(child, "exit"), [1, null]);
});

/** Of Linux: a process has this file open. */
const hasOpen = (pid: number, file: string): boolean =>
  readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === file;
    } catch {
      // Closed since it was listed.
      return false;
    }
  });

const skip = process.platform === "linux" ? false : "it looks into /proc";

test("a controller yields to the proxies once it is ready: its start has its time", { skip }, async (t) => {
  const scene = new Scene(t);
  const control = await scene.begin();
  const store = await lockedStore(t, scene.places.database);
  const { pid = 0 } = scene.start("controller-1", control);
  while (!hasOpen(pid, scene.places.database)) await pause(5);
  assert.equal(getPriority(pid), getPriority());
  store.letGo();
  await scene.heard("ready");
  assert.equal(getPriority(pid), Math.min(19, getPriority() + 5));
});

test("a controller that is to speak TLS, and has no certificate, ends rather than that it speaks in clear", async (t) => {
  const scene = new Scene(t);
  await scene.begin();
  const child = scene.start("controller-1", "0.0.0.0:7600", true);
  const served = scene.heard("ready").then(() => "it serves");
  assert.deepEqual(await Promise.race([once(child, "exit"), served]), [1, null]);
});

test("until when the control API has a certificate the supervisor and the metrics are told, also where that time is over", async (t) => {
  const scene = new Scene(t);
  const control = await scene.begin();
  putClusterTls(scene.places, Date.now() - 100 * dayMs, 90);
  scene.start("controller-1", control, true);
  await scene.heard("ready");
  const socketPath = scene.places.controllerSocket("controller-1");
  const metrics = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ socketPath, path: "/metrics" }, resolve).on("error", reject);
  });
  const [, at] =
    /^skein_tls_certificate_expiry_seconds\{proxy="",file=".*control\.pem"\} (\d+)$/m.exec(
      await text(metrics),
    ) ?? [];
  assert.equal(Math.round((Date.now() / 1_000 - Number(at)) / 86_400), 10);
  scene.say({ t: "ping", n: 1 });
  const { certificate } = await scene.heard("pong");
  assert.deepEqual(certificate, { file: scene.places.tls.cert, notAfter: Number(at) });
});
