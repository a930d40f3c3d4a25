import assert from "node:assert/strict";
import { test } from "node:test";
import type { SupervisorFrame } from "../protocol/supervision.ts";
import { Commands } from "./commands.ts";
import type { GatewaySupervisor } from "./gateway-supervisor.ts";

test("a supervisor that has been replaced takes no stop: whoever asks must ask the next one", async () => {
  const gateway = {
    retired: true,
    plan: { mode: { kind: "running" } },
    logger: { info: () => {} },
    dispatch: () => {},
    status: () => ({}),
  } as unknown as GatewaySupervisor;
  const commands = new Commands(
    () => gateway,
    () => {},
  );
  const reply = await new Promise<SupervisorFrame>((resolve) => commands.take({ name: "stop" }, resolve));
  assert.deepEqual(reply.t === "reply" && !reply.ok && reply.code, "busy");
});
