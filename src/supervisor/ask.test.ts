import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { identify } from "../runtime/process-identity.ts";
import { takeLock } from "../runtime/process-lock.ts";
import { placesIn } from "../runtime/places.ts";
import { askSupervisor } from "./ask.ts";
import { prepareStateDirectory, writeChildren } from "./state-directory.ts";
import { SupervisorError } from "./supervisor-error.ts";
import { asForeigner, foreignWords } from "./testing-foreigner.ts";

function stateFor(context: TestContext): string {
  const state = mkdtempSync(join(tmpdir(), "skein-ask-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  prepareStateDirectory(placesIn(state));
  return state;
}

const refused = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof SupervisorError && error.code === code && pattern.test(error.detail);

test("nothing lives there: no gateway runs", async (context) => {
  const state = stateFor(context);
  await assert.rejects(
    askSupervisor(state, { name: "status" }),
    refused("not-running", /no gateway runs with/),
  );
});

test("another user's gateway: says whose it is, and how to ask it", async (context) => {
  const state = stateFor(context);
  const places = placesIn(state);
  const supervisor = createServer(() => {}).listen(places.supervisorSocket);
  context.after(() => supervisor.close());
  await once(supervisor, "listening");
  chmodSync(state, 0o755);
  const [status, upgrade] = [foreignWords("status"), foreignWords("upgrade")];
  const command = { name: "status" } as const;
  await asForeigner(places.run, async () => {
    await assert.rejects(askSupervisor(state, command), refused("not-allowed", status));
    const asked = askSupervisor(state, command, undefined, { verb: "upgrade" });
    await assert.rejects(asked, refused("not-allowed", upgrade));
  });
});

test("only the supervisor is gone: its processes serve on, and one of them starts another", async (context) => {
  const state = stateFor(context);
  const me = identify(process.pid);
  assert.ok(me !== null);
  const proxy = { role: "proxy", name: "proxy-1", epoch: 1, draining: false } as const;
  writeChildren(placesIn(state), {
    v: 1,
    epoch: { proxy: 1, controller: 1 },
    termSeen: 0,
    stopping: false,
    children: [
      { ...proxy, ...me },
      { ...proxy, ...me, name: "proxy-2", started: "long ago" },
    ],
  });
  await assert.rejects(
    askSupervisor(state, { name: "status" }),
    refused("no-answer", /the supervisor has ended; 1 of its processes serve on/),
  );
});

test("it is there and says nothing: it is named, with what to do", async (context) => {
  const state = stateFor(context);
  const places = placesIn(state);
  takeLock(places.supervisorLock);
  const silent = createServer(() => {}).listen(places.supervisorSocket);
  context.after(() => silent.close());
  await once(silent, "listening");
  const words = (later: string): RegExp =>
    new RegExp(
      `process ${process.pid}\\) did not answer within 0.02 s.* served on\\.${later} .kill -CONT ${process.pid}`,
    );
  await assert.rejects(askSupervisor(state, { name: "status" }, 20), refused("no-answer", words("")));
  const stopLater = words(" The stop waits for it, and is done when it goes on\\.");
  await assert.rejects(askSupervisor(state, { name: "stop" }, 20), refused("no-answer", stopLater));
});

test("a list of processes that cannot be read counts as none", async (context) => {
  const state = stateFor(context);
  writeFileSync(join(state, "children.json"), "{");
  await assert.rejects(askSupervisor(state, { name: "status" }), refused("not-running", /no gateway runs/));
});
