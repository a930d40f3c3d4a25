import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { SupervisorFrame } from "../protocol/supervision.ts";
import { type Places, placesIn } from "../runtime/places.ts";
import { identify } from "../runtime/process-identity.ts";
import { releaseLock, takeLock } from "../runtime/process-lock.ts";
import { followGateway } from "./follow.ts";
import { Hub } from "./hub.ts";
import { prepareStateDirectory, writeChildren, writeGatewayFile } from "./state-directory.ts";

const status = {} as (SupervisorFrame & { t: "reply"; ok: true })["status"];
const taken: SupervisorFrame = { t: "reply", ok: true, status };
const busy: SupervisorFrame = { t: "reply", ok: false, code: "busy", detail: "just replaced" };

function temporaryPlaces(context: TestContext): Places {
  const state = mkdtempSync(join(tmpdir(), "skein-follow-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  prepareStateDirectory(places);
  // Somebody holds the place as long as the test lasts.
  takeLock(places.supervisorLock);
  return places;
}

/** A supervisor that gives these answers to what it is asked, and ends after the last. One that is a deed it does, and ends instead. */
async function supervisorThat(
  places: Places,
  answers: (SupervisorFrame | (() => void))[],
): Promise<string[]> {
  const heard: string[] = [];
  let over: () => void = () => {};
  const ended = new Promise<void>((resolve) => (over = resolve));
  const hub: Hub = new Hub(places.supervisorSocket, {
    command: (command, reply) => {
      heard.push(command.name === "stop" && command.urgent === true ? "stop at once" : command.name);
      const answer = answers.shift();
      if (typeof answer === "function") {
        answer();
        hub.dropOperators();
      } else if (answer !== undefined) reply(answer);
      if (answers.length === 0) over();
    },
    hello: () => {},
    frame: () => {},
    closed: () => {},
  });
  await hub.listen();
  await ended;
  hub.close();
  return heard;
}

async function endOf(places: Places, { ended }: ReturnType<typeof followGateway>): Promise<void> {
  releaseLock(places.supervisorLock);
  assert.equal(await ended, 0);
}

test("a wish is carried from supervisor to supervisor until one takes it", async (context) => {
  const places = temporaryPlaces(context);
  const follower = followGateway(places);
  follower.actions.reload();
  // Nobody is there, one is being replaced, one ends amid, one takes it.
  assert.deepEqual(await supervisorThat(places, [busy, () => {}]), ["reload", "reload"]);
  assert.deepEqual(await supervisorThat(places, [taken]), ["reload"]);
  follower.actions.stop();
  assert.deepEqual(await supervisorThat(places, [taken]), ["stop"]);
  await endOf(places, follower);
});

test("a stop that has begun is not asked for once more: that would be one without waiting for anybody", async (context) => {
  const places = temporaryPlaces(context);
  const epoch = { proxy: 1, controller: 1 };
  const begin = (): void => writeChildren(places, { v: 1, epoch, termSeen: 0, stopping: true, children: [] });
  const follower = followGateway(places);
  follower.actions.stop();
  assert.deepEqual(await supervisorThat(places, [begin]), ["stop"]);
  // Carried as often as the stop would be.
  follower.actions.reload();
  assert.deepEqual(await supervisorThat(places, [busy, busy, taken]), ["reload", "reload", "reload"]);
  // A second word of the operator is meant as one.
  follower.actions.stop();
  assert.deepEqual(await supervisorThat(places, [begin]), ["stop at once"]);
  assert.deepEqual(await supervisorThat(places, [taken]), ["stop at once"]);
  await endOf(places, follower);
});

test("a gateway of which nothing lives any more is gone at once; one of its proxies would bring it back", async (context) => {
  const places = temporaryPlaces(context);
  const own = identify(process.pid)!;
  const told = (started: string): void => {
    const child = { ...own, started, role: "proxy", name: "proxy-1", epoch: 1, draining: false } as const;
    const epoch = { proxy: 1, controller: 1 };
    writeChildren(places, { v: 1, epoch, termSeen: 0, stopping: false, children: [child] });
  };
  writeGatewayFile(places, { v: 1, pid: own.pid, control: "", listen: [], startedAt: "", version: "" });
  told(own.started);
  releaseLock(places.supervisorLock);
  const { ended } = followGateway(places);
  assert.equal(await Promise.race([ended, setTimeout(1_000, "waits")]), "waits");
  told("long ago");
  assert.equal(await Promise.race([ended, setTimeout(5_000, "waits")]), 1);
});
