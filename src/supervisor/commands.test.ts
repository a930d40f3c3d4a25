import assert from "node:assert/strict";
import { test } from "node:test";
import type { SupervisorCommand, SupervisorFrame } from "../protocol/supervision.ts";
import { Commands } from "./commands.ts";
import type { GatewaySupervisor } from "./gateway-supervisor.ts";
import type { Event } from "./plan.ts";

type Mode = "running" | "stopping";

function commandsOf(mode: Mode, retired = false): { commands: Commands; dispatched: Event[] } {
  const dispatched: Event[] = [];
  const gateway = {
    retired,
    plan: { mode: { kind: mode } },
    logger: { info: () => {} },
    dispatch: (event: Event) => void dispatched.push(event),
    status: () => ({}),
  } as unknown as GatewaySupervisor;
  const commands = new Commands(
    () => gateway,
    () => {},
  );
  return { commands, dispatched };
}

const answerTo = (commands: Commands, command: SupervisorCommand): Promise<SupervisorFrame> =>
  new Promise((resolve) => commands.take(command, resolve));

test("a supervisor that has been replaced takes no stop: whoever asks must ask the next one", async () => {
  const { commands, dispatched } = commandsOf("running", true);
  const reply = await answerTo(commands, { name: "stop" });
  assert.deepEqual(reply.t === "reply" && !reply.ok && reply.code, "busy");
  assert.deepEqual(dispatched, []);
});

for (const [mode, command, stops] of [
  ["running", { name: "stop", urgent: false }, [{ t: "stop", urgent: false }]],
  ["running", { name: "stop", urgent: true }, [{ t: "stop", urgent: true }]],
  ["stopping", { name: "stop", urgent: false }, []],
  ["stopping", { name: "stop", urgent: true }, [{ t: "stop", urgent: true }]],
  // As signals say it, and CLIs of older versions.
  ["running", { name: "stop" }, [{ t: "stop", urgent: false }]],
  ["stopping", { name: "stop" }, [{ t: "stop", urgent: true }]],
] as const satisfies [Mode, SupervisorCommand, Event[]][]) {
  test(`${mode}, asked for ${JSON.stringify(command)}`, async () => {
    const { commands, dispatched } = commandsOf(mode);
    assert.equal((await answerTo(commands, command)).t, "reply");
    assert.deepEqual(dispatched, stops);
  });
}
