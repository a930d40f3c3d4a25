import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { identify, isAlive, signalProcess } from "./process-identity.ts";
import { passLock, readLock, releaseLock, takeLock } from "./process-lock.ts";

function temporaryLock(context: { after(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), "skein-lock-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "supervisor.lock");
}

function startIdleProcess(context: { after(fn: () => void): void }): {
  pid: number;
  exited: Promise<unknown>;
} {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const exited = once(child, "exit");
  context.after(() => child.kill("SIGKILL"));
  assert.ok(child.pid !== undefined);
  return { pid: child.pid, exited };
}

test("a free lock is taken, names its holder, and is free again when released", (context) => {
  const lock = temporaryLock(context);
  assert.deepEqual(takeLock(lock), { taken: true });
  assert.equal(readLock(lock)?.pid, process.pid);
  assert.deepEqual(takeLock(lock), { taken: true }, "the holder may ask again");
  releaseLock(lock);
  assert.equal(readLock(lock), null);
});

test("the lock of a living process is respected, of an ended one not", async (context) => {
  const lock = temporaryLock(context);
  const other = startIdleProcess(context);
  takeLock(lock, other.pid);
  const attempt = takeLock(lock);
  assert.ok(!attempt.taken);
  assert.equal(attempt.holder.pid, other.pid);
  releaseLock(lock);
  assert.equal(readLock(lock)?.pid, other.pid, "only the holder's own lock is released");
  process.kill(other.pid, "SIGKILL");
  await other.exited;
  assert.deepEqual(takeLock(lock), { taken: true });
  assert.deepEqual(readdirSync(join(lock, "..")), ["supervisor.lock"], "nothing is left beside it");
});

test("a pid that belongs to a later process does not hold the lock, nor does a broken file", (context) => {
  const lock = temporaryLock(context);
  const other = startIdleProcess(context);
  writeFileSync(lock, JSON.stringify({ pid: other.pid, started: "long ago" }));
  assert.deepEqual(takeLock(lock), { taken: true });
  writeFileSync(lock, "{");
  assert.deepEqual(takeLock(lock), { taken: true });
});

test("a lock can be passed on", (context) => {
  const lock = temporaryLock(context);
  const other = startIdleProcess(context);
  takeLock(lock);
  passLock(lock, other.pid);
  assert.equal(takeLock(lock).taken, false);
});

test("a process is known by pid and start; signals reach only that one", async (context) => {
  const other = startIdleProcess(context);
  const identity = identify(other.pid);
  assert.ok(identity !== null && isAlive(identity));
  assert.equal(signalProcess({ pid: other.pid, started: "long ago" }, "SIGKILL"), false);
  assert.equal(signalProcess(identity, "SIGKILL"), true);
  await other.exited;
  assert.equal(isAlive(identity), false);
  assert.equal(identify(-1), null);
});
